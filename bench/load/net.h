/* Loopback connections with a read buffer, and the one place that waits for them. */
#ifndef NET_H
#define NET_H

#include <stddef.h>
#include <stdint.h>

struct link {
    int fd;
    char *in;
    size_t filled;
    size_t room;
    /* Called when bytes were added to `in`; gives how many of them it has dealt with. */
    size_t (*arrived)(struct link *link);
    /* Called once when the other side has gone. */
    void (*ended)(struct link *link);
};

/* Connects; blocking until `watch_link`. With `small_window` the kernel takes very little for a reader that sleeps. */
void open_link(struct link *link, int port, int small_window);

/* Sends everything; waits while the kernel is full. */
void send_all(struct link *link, const char *bytes, size_t size);

/* From now on `wait_for_links` reads it. What has arrived already is dealt with at once. */
void watch_link(struct link *link);

/* Stop reading it; it stays open. */
void ignore_link(struct link *link);

/* Reads what is there, waiting at most so long for the first byte. */
void wait_for_links(uint64_t ns_max);

#endif
