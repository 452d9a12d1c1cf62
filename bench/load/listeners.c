#define _GNU_SOURCE
#include "listeners.h"
#include "message.h"
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

static const char *const PATHS[] = {"/socket.io/?EIO=4&transport=websocket", "/api/v1/realtime"};
static const uint64_t READY_NS_MAX = 30000000000ull;

struct listener {
    struct link link; /* first, so that a link is its listener */
    int ready;
    long last;
};

static struct listeners *all;
static struct listener *listener_of;

/* A masked client frame; the mask is zero, which costs nobody anything. */
static void send_frame(struct listener *one, int opcode, const char *payload, size_t size) {
    if (size > 65535)
        fail("a frame of %zu bytes is more than this client sends", size);
    char frame[65536 + 8];
    size_t head = 0;
    frame[head++] = (char)(0x80 | opcode);
    if (size < 126) {
        frame[head++] = (char)(0x80 | size);
    } else {
        frame[head++] = (char)(0x80 | 126);
        frame[head++] = (char)(size >> 8);
        frame[head++] = (char)size;
    }
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, payload, size);
    send_all(&one->link, frame, head + 4 + size);
}

static void send_text(struct listener *one, const char *text) { send_frame(one, TEXT, text, strlen(text)); }

static void became_ready(struct listener *one) {
    if (!one->ready) {
        one->ready = 1;
        all->ready++;
    }
}

static int starts_with(const char *text, size_t size, const char *start) {
    size_t length = strlen(start);
    return size >= length && !memcmp(text, start, length);
}

static long number_after(const char *text, size_t size, const char *key) {
    const char *found = memmem(text, size, key, strlen(key));
    return found ? strtol(found + strlen(key), NULL, 10) : -1;
}

/* `place` must be one more than the last: then nothing is missing, and nothing came twice. */
static void check_order(struct listener *one, long place) {
    if (one->last >= 0 && place != one->last + 1)
        all->out_of_order++;
    one->last = place;
}

static void count_delivery(size_t size, const struct message *message) {
    all->deliveries++;
    all->frame_bytes = (long)size;
    remember_latency(&all->latencies, message->said_ns);
}

/* Socket.IO v5 over Engine.IO v4; the room is joined by an event, and its acknowledgement is one. */
static void hear_socket_io(struct listener *one, const char *text, size_t size) {
    struct message message;
    if (starts_with(text, size, "2")) {
        send_text(one, "3");
    } else if (starts_with(text, size, "0")) {
        send_text(one, "40");
    } else if (starts_with(text, size, "40")) {
        send_text(one, "42[\"join\",\"r1\"]");
    } else if (starts_with(text, size, "42[\"joined\"")) {
        became_ready(one);
    } else if (find_message(text, size, &message)) {
        check_order(one, message.number);
        count_delivery(size, &message);
    }
}

/* docs/api: hello, ready, watch, watched, events. Order is the topic's gap-free `seq`. */
static void hear_guildhall(struct listener *one, const char *text, size_t size) {
    char command[4096];
    struct message message;
    if (starts_with(text, size, "{\"op\":\"event\"")) {
        check_order(one, number_after(text, size, "\"seq\":"));
        if (find_message(text, size, &message))
            count_delivery(size, &message);
    } else if (starts_with(text, size, "{\"op\":\"ready\"")) {
        snprintf(command, sizeof command, "{\"op\":\"watch\",\"topics\":{\"%s\":null}}", all->topic);
        send_text(one, command);
    } else if (starts_with(text, size, "{\"op\":\"watched\"")) {
        one->last = all->topic_seq = number_after(text, size, "\"seq\":");
        became_ready(one);
    } else {
        fail("the server says: %.*s", (int)size, text);
    }
}

static void hear_frame(struct listener *one, int opcode, const char *payload, size_t size) {
    if (opcode == PING)
        send_frame(one, PONG, payload, size);
    else if (opcode == CLOSE && size >= 2)
        fprintf(stderr, "closed with code %d\n", (unsigned char)payload[0] << 8 | (unsigned char)payload[1]);
    else if (opcode == TEXT && all->wire == SOCKET_IO)
        hear_socket_io(one, payload, size);
    else if (opcode == TEXT)
        hear_guildhall(one, payload, size);
}

/* Whole frames only; servers do not mask theirs, and ours and the peer do not fragment. */
static size_t read_frames(struct link *link) {
    size_t used = 0;
    while (link->filled - used >= 2) {
        const unsigned char *frame = (unsigned char *)link->in + used;
        size_t left = link->filled - used, size = frame[1] & 127, head = 2;
        if (size == 126) {
            head = 4;
            size = left < head ? SIZE_MAX / 2 : (size_t)(frame[2] << 8 | frame[3]);
        } else if (size == 127) {
            fail("a frame of 64 kB or more");
        }
        if (left < head + size)
            break;
        hear_frame((struct listener *)link, frame[0] & 15, (const char *)frame + head, size);
        used += head + size;
    }
    return used;
}

static void listener_ended(struct link *link) {
    (void)link;
    all->closed++;
}

static void shake_hands(struct link *link) {
    char request[512];
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                        PATHS[all->wire], all->port,
                        all->wire == GUILDHALL ? "Sec-WebSocket-Protocol: guildhall.v1\r\n" : "");
    send_all(link, request, (size_t)size);
    link->room = 65536;
    link->in = malloc(link->room);
    for (;;) {
        ssize_t got = read(link->fd, link->in + link->filled, link->room - link->filled);
        if (got <= 0)
            fail("the handshake was cut off");
        link->filled += (size_t)got;
        char *end = memmem(link->in, link->filled, "\r\n\r\n", 4);
        if (!end)
            continue;
        if (!starts_with(link->in, link->filled, "HTTP/1.1 101"))
            fail("no handshake: %.*s", (int)link->filled, link->in);
        size_t head = (size_t)(end + 4 - link->in);
        link->filled -= head;
        memmove(link->in, link->in + head, link->filled);
        return;
    }
}

static void open_listener(struct listener *one, int stalls) {
    char hello[4096];
    one->last = -1;
    one->link.arrived = read_frames;
    one->link.ended = listener_ended;
    open_link(&one->link, all->port, stalls);
    shake_hands(&one->link);
    watch_link(&one->link);
    if (all->wire == GUILDHALL) {
        snprintf(hello, sizeof hello, "{\"op\":\"hello\",\"token\":\"%s\"}", all->token);
        send_text(one, hello);
    }
    wait_for_links(0);
}

void open_listeners(struct listeners *listeners) {
    all = listeners;
    int total = all->count + all->stalled;
    listener_of = calloc((size_t)total, sizeof *listener_of);
    for (int i = 0; i < total; i++)
        open_listener(&listener_of[i], i >= all->count);
    uint64_t until = now_ns() + READY_NS_MAX;
    while (all->ready < total && !all->closed && now_ns() < until)
        wait_for_links(100000000);
    if (all->ready < total)
        fail("only %d of %d sockets watch", all->ready, total);
    for (int i = all->count; i < total; i++)
        ignore_link(&listener_of[i].link);
}

void reset_listeners(struct listeners *listeners) {
    listeners->deliveries = 0;
    listeners->latencies.count = 0;
}

void say_over_socket(const char *text, size_t size) { send_frame(&listener_of[0], TEXT, text, size); }
