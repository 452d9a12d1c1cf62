/* How messages get in: over the first socket, straight into the stream, or as HTTP posts. */
#ifndef FEEDS_H
#define FEEDS_H

#include "measure.h"
#include "message.h"

struct feed {
    /* "socket", "stream" or "post" */
    const char *kind;
    int port;
    /* What to say. socket: one template. stream: the words of a Redis command. post: path and body. */
    char **templates;
    int template_count;
    /* stream: the password; post: the access tokens, one line each, used in turn. */
    const char *secret;
    int connections;
    size_t text_size;

    /* posts that were answered 201, and how long that took */
    long answered;
    struct latencies latencies;
};

void open_feed(struct feed *feed);

/* Say it now; a post waits for a free connection when all are busy. */
void say(struct feed *feed, struct message message, long seq, int counted);

#endif
