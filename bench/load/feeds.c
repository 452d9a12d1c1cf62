#define _GNU_SOURCE
#include "feeds.h"
#include "listeners.h"
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MESSAGE_ROOM = 16384 };

/* A post that is under way, or that waits for a connection. */
struct post {
    struct message message;
    int counted;
};

struct connection {
    struct link link; /* first, so that a link is its connection */
    const char *token;
    struct post post;
};

static struct feed *feed;
static struct link stream_link;
static struct connection **idle; /* a ring: the one that has rested longest is next, before a server closes it */
static int idle_begin, idle_count;
static struct post *queue;
static size_t queue_begin, queue_end, queue_room;

static void feed_ended(struct link *link) {
    (void)link;
    fail("the %s connection was closed", feed->kind);
}

/* ---- the stream: Redis commands, answers only checked for errors ---- */

static size_t check_replies(struct link *link) {
    size_t used = 0;
    for (char *end; (end = memchr(link->in + used, '\n', link->filled - used)); used = (size_t)(end + 1 - link->in))
        if (link->in[used] == '-')
            fail("Redis says: %.*s", (int)(end - link->in - (long)used), link->in + used);
    return used;
}

static size_t write_word(char *out, size_t room, const char *word, size_t size) {
    int head = snprintf(out, room, "$%zu\r\n", size);
    if ((size_t)head + size + 2 > room)
        fail("no room for a command");
    memcpy(out + head, word, size);
    memcpy(out + head + (int)size, "\r\n", 2);
    return (size_t)head + size + 2;
}

static void add_to_stream(struct post post, long seq) {
    char command[2 * MESSAGE_ROOM], word[MESSAGE_ROOM];
    size_t size = (size_t)snprintf(command, sizeof command, "*%d\r\n", feed->template_count);
    for (int i = 0; i < feed->template_count; i++) {
        size_t length =
            write_message(word, sizeof word, feed->templates[i], &post.message, seq, feed->text_size, post.counted);
        size += write_word(command + size, sizeof command - size, word, length);
    }
    send_all(&stream_link, command, size);
}

static void open_stream(void) {
    char command[512];
    stream_link.arrived = check_replies;
    stream_link.ended = feed_ended;
    open_link(&stream_link, feed->port, 0);
    watch_link(&stream_link);
    int size = snprintf(command, sizeof command, "*2\r\n$4\r\nAUTH\r\n$%zu\r\n%s\r\n", strlen(feed->secret),
                        feed->secret);
    send_all(&stream_link, command, (size_t)size);
}

/* ---- posts: HTTP/1.1 on kept-alive connections, one request at a time on each ---- */

static void post_on(struct connection *connection, struct post post) {
    char body[MESSAGE_ROOM], request[2 * MESSAGE_ROOM];
    size_t length =
        write_message(body, sizeof body, feed->templates[1], &post.message, 0, feed->text_size, post.counted);
    int head = snprintf(request, sizeof request,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                        feed->templates[0], feed->port, connection->token, length);
    if ((size_t)head + length > sizeof request)
        fail("no room for a request");
    memcpy(request + head, body, length);
    connection->post = post;
    send_all(&connection->link, request, (size_t)head + length);
}

static void rest(struct connection *connection) {
    idle[(idle_begin + idle_count++) % feed->connections] = connection;
}

static void post_or_wait(struct post post) {
    if (idle_count) {
        struct connection *rested = idle[idle_begin];
        idle_begin = (idle_begin + 1) % feed->connections;
        idle_count--;
        post_on(rested, post);
        return;
    }
    if (queue_end == queue_room) {
        queue_room = queue_room ? 2 * queue_room : 1024;
        queue = realloc(queue, queue_room * sizeof *queue);
    }
    queue[queue_end++] = post;
}

/* The size of a whole answer, 0 while it is not complete. Both sides send Content-Length. */
static size_t answer_size(const struct link *link) {
    static const char name[] = "\r\ncontent-length:";
    const char *end = memmem(link->in, link->filled, "\r\n\r\n", 4);
    if (!end)
        return 0;
    for (const char *line = link->in; line < end; line = memmem(line + 1, (size_t)(end - line) + 1, "\r\n", 2)) {
        if (strncasecmp(line, name, sizeof name - 1))
            continue;
        size_t size = (size_t)(end + 4 - link->in) + strtoul(line + sizeof name - 1, NULL, 10);
        return size <= link->filled ? size : 0;
    }
    fail("an answer without Content-Length: %.*s", (int)(end - link->in), link->in);
}

static size_t take_answer(struct link *link) {
    struct connection *connection = (struct connection *)link;
    size_t size = answer_size(link);
    if (!size)
        return 0;
    if (strncmp(link->in, "HTTP/1.1 201", 12))
        fail("a post was answered: %.*s", (int)size, link->in);
    struct message echoed;
    if (connection->post.counted) {
        if (!find_message(link->in, size, &echoed) || echoed.number != connection->post.message.number)
            fail("the answer to post %ld is about another one", connection->post.message.number);
        feed->answered++;
        remember_latency(&feed->latencies, connection->post.message.said_ns);
    }
    if (queue_begin < queue_end)
        post_on(connection, queue[queue_begin++]);
    else
        rest(connection);
    return size;
}

static void open_posts(void) {
    char *tokens = strdup(feed->secret);
    char *token = strtok(tokens, "\n");
    const char *known[64];
    int count = 0;
    for (; token && count < 64; token = strtok(NULL, "\n"))
        known[count++] = token;
    if (!count || feed->template_count != 2)
        fail("posts need tokens, a path and a body");
    idle = calloc((size_t)feed->connections, sizeof(struct connection *));
    for (int i = 0; i < feed->connections; i++) {
        struct connection *one = calloc(1, sizeof *one);
        one->link.room = MESSAGE_ROOM;
        one->link.in = malloc(one->link.room);
        one->link.arrived = take_answer;
        one->link.ended = feed_ended;
        one->token = known[i % count];
        open_link(&one->link, feed->port, 0);
        watch_link(&one->link);
        rest(one);
    }
}

void open_feed(struct feed *wanted) {
    feed = wanted;
    if (!strcmp(feed->kind, "stream"))
        open_stream();
    else if (!strcmp(feed->kind, "post"))
        open_posts();
    else if (strcmp(feed->kind, "socket"))
        fail("there is no feed %s", feed->kind);
}

static void emit(struct post post, long seq) {
    char text[MESSAGE_ROOM];
    const char *template = feed->templates[0];
    say_over_socket(text, write_message(text, sizeof text, template, &post.message, seq, feed->text_size, post.counted));
}

void say(struct feed *wanted, struct message message, long seq, int counted) {
    struct post post = {message, counted};
    if (!strcmp(wanted->kind, "stream"))
        add_to_stream(post, seq);
    else if (!strcmp(wanted->kind, "post"))
        post_or_wait(post);
    else
        emit(post, seq);
}
