/* WebSocket clients that watch one room and check what they are told: everything, in order. */
#ifndef LISTENERS_H
#define LISTENERS_H

#include "measure.h"

#include <stddef.h>

enum wire { SOCKET_IO, GUILDHALL };

struct listeners {
    enum wire wire;
    int port;
    int count;
    /* So many more join and then never read. */
    int stalled;
    /* API.md: the access token to say hello with and the topic to watch. */
    const char *token;
    const char *topic;

    int ready;
    int closed;
    long deliveries;
    long out_of_order;
    long frame_bytes;
    /* The position of the topic when the last of them began to watch. */
    long topic_seq;
    struct latencies latencies;
};

/* Opens all sockets and waits until every one of them watches. */
void open_listeners(struct listeners *listeners);

/* Forget what was counted so far: the warm-up. */
void reset_listeners(struct listeners *listeners);

/* Say something over the first socket, as the peer's clients do. */
void say_over_socket(const char *text, size_t size);

#endif
