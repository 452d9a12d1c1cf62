/* A light load client: one thread, so that two cores can hold it, a server, Valkey and PostgreSQL.
 *
 *   wsload --wire guildhall --port 8000 --sockets 200 --token-file T --topic channel:ID
 *          --feed stream --feed-port 6379 --secret-file P --messages 1000 --in-flight 8 --cpu gateway=123
 *          -- XADD messaging.events '*' e '{"seq":%S,…"content":"%T"}'
 *
 * Sockets listen, one feed speaks, and every listener must hear everything in order. Without sockets the answers to
 * posts are counted instead. Prints one line of JSON; ends with 1 when something was lost or out of order.
 */
#define _GNU_SOURCE
#include "feeds.h"
#include "listeners.h"
#include "net.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { PROGRAMS_MAX = 8, WARM_UP = 20, FILES_MAX = 40000 };
static const uint64_t MS = 1000000, SECOND = 1000000000;

static struct listeners listeners;
static struct feed feed = {.kind = "socket", .connections = 8, .text_size = 100};
static struct program programs[PROGRAMS_MAX];
static int program_count;
static long messages = 1000, in_flight = 8;
static double rate, seconds_max = 60;

static const char *read_file(const char *path) {
    static const size_t room = 65536;
    char *text = calloc(1, room);
    FILE *file = fopen(path, "r");
    if (!file || !fread(text, 1, room - 1, file))
        fail("cannot read %s", path);
    fclose(file);
    char *end = text + strlen(text);
    while (end > text && end[-1] == '\n')
        *--end = 0;
    return text;
}

static void read_options(int count, char **words) {
    enum { WIRE, PORT, SOCKETS, STALLED, TOKEN, TOPIC, FEED, FEED_PORT, SECRET, CONNECTIONS, TEXT_SIZE };
    enum { MESSAGES = TEXT_SIZE + 1, IN_FLIGHT, RATE, SECONDS, CPU };
    static const struct option known[] = {
        {"wire", 1, 0, WIRE}, {"port", 1, 0, PORT}, {"sockets", 1, 0, SOCKETS}, {"stalled", 1, 0, STALLED},
        {"token-file", 1, 0, TOKEN}, {"topic", 1, 0, TOPIC}, {"feed", 1, 0, FEED}, {"feed-port", 1, 0, FEED_PORT},
        {"secret-file", 1, 0, SECRET}, {"connections", 1, 0, CONNECTIONS}, {"text-bytes", 1, 0, TEXT_SIZE},
        {"messages", 1, 0, MESSAGES}, {"in-flight", 1, 0, IN_FLIGHT}, {"rate", 1, 0, RATE},
        {"seconds-max", 1, 0, SECONDS}, {"cpu", 1, 0, CPU}, {0, 0, 0, 0},
    };
    for (int option; (option = getopt_long(count, words, "", known, NULL)) != -1;) {
        switch (option) {
        case WIRE: listeners.wire = strcmp(optarg, "guildhall") ? SOCKET_IO : GUILDHALL; break;
        case PORT: listeners.port = atoi(optarg); break;
        case SOCKETS: listeners.count = atoi(optarg); break;
        case STALLED: listeners.stalled = atoi(optarg); break;
        case TOKEN: listeners.token = read_file(optarg); break;
        case TOPIC: listeners.topic = optarg; break;
        case FEED: feed.kind = optarg; break;
        case FEED_PORT: feed.port = atoi(optarg); break;
        case SECRET: feed.secret = read_file(optarg); break;
        case CONNECTIONS: feed.connections = atoi(optarg); break;
        case TEXT_SIZE: feed.text_size = (size_t)atoi(optarg); break;
        case MESSAGES: messages = atol(optarg); break;
        case IN_FLIGHT: in_flight = atol(optarg); break;
        case RATE: rate = atof(optarg); break;
        case SECONDS: seconds_max = atof(optarg); break;
        case CPU:
            if (program_count < PROGRAMS_MAX)
                programs[program_count++] = parse_program(optarg);
            break;
        default: exit(2);
        }
    }
    feed.templates = words + optind;
    feed.template_count = count - optind;
    if (!feed.template_count)
        fail("what shall be said? see the head of wsload.c");
}

static long done(void) { return listeners.count ? listeners.deliveries / listeners.count : feed.answered; }

static int all_done(void) {
    return listeners.count ? listeners.deliveries >= listeners.count * messages : feed.answered >= messages;
}

static void wait_until(uint64_t moment) {
    for (uint64_t now; (now = now_ns()) < moment;)
        wait_for_links(moment - now);
}

static void warm_up(void) {
    for (long i = 0; i < WARM_UP; i++) {
        say(&feed, (struct message){now_ns(), i}, listeners.topic_seq + 1 + i, 0);
        wait_until(now_ns() + 20 * MS);
    }
    wait_until(now_ns() + 300 * MS);
    listeners.topic_seq += WARM_UP;
}

/* At a fixed rate a message counts from the moment it was due: a server that stalls is not asked less. */
static uint64_t due_at(uint64_t began, long number) { return began + (uint64_t)((double)number * 1e9 / rate); }

static long say_what_is_due(uint64_t began, long said) {
    while (said < messages) {
        uint64_t now = now_ns(), moment = rate > 0 ? due_at(began, said) : now;
        if (rate > 0 ? now < moment : said - done() >= in_flight)
            break;
        say(&feed, (struct message){moment, said}, listeners.topic_seq + 1 + said, 1);
        said++;
    }
    return said;
}

static double run(void) {
    uint64_t began = now_ns(), until = began + (uint64_t)(seconds_max * 1e9);
    long said = 0;
    while (!all_done() && !listeners.closed && now_ns() < until) {
        said = say_what_is_due(began, said);
        uint64_t now = now_ns(), next = rate > 0 && said < messages ? due_at(began, said) : now + 50 * MS;
        wait_for_links(next > now ? next - now : 0);
    }
    return (double)(now_ns() - began) / 1e9;
}

static void print_result(double seconds, double client_cpu) {
    struct latencies *latencies = listeners.count ? &listeners.latencies : &feed.latencies;
    printf("{\"messages\":%ld,\"sockets\":%d,\"deliveries\":%ld,\"answered\":%ld,\"seconds\":%.4f,\"cpu\":{", messages,
           listeners.count, listeners.deliveries, feed.answered, seconds);
    for (int i = 0; i < program_count; i++)
        printf("%s\"%s\":%.6f", i ? "," : "", programs[i].name, cpu_seconds(&programs[i]));
    printf("},\"client_cpu\":%.4f,\"p50_us\":%.0f,", client_cpu, percentile_us(latencies, 0.5));
    printf("\"p99_us\":%.0f,\"max_us\":%.0f,", percentile_us(latencies, 0.99), percentile_us(latencies, 1));
    printf("\"out_of_order\":%ld,\"closed\":%d,\"frame_bytes\":%ld}\n", listeners.out_of_order, listeners.closed,
           listeners.frame_bytes);
}

int main(int count, char **words) {
    read_options(count, words);
    struct rlimit files = {FILES_MAX, FILES_MAX};
    setrlimit(RLIMIT_NOFILE, &files);
    open_feed(&feed);
    if (listeners.count)
        open_listeners(&listeners);
    warm_up();
    reset_listeners(&listeners);
    feed.answered = 0;
    for (int i = 0; i < program_count; i++)
        count_cpu(&programs[i]);
    double client_before = own_cpu_seconds();
    double seconds = run();
    double client_cpu = own_cpu_seconds() - client_before;
    /* What the server still has to do for what it has said already belongs to it. */
    wait_until(now_ns() + SECOND / 4);
    print_result(seconds, client_cpu);
    return all_done() && !listeners.out_of_order && !listeners.closed ? 0 : 1;
}
