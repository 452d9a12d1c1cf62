/* One message: what is said, and how it is known again wherever it turns up. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>
#include <stdint.h>

struct message {
    uint64_t said_ns;
    long number;
};

/* Fills a template: %T becomes the text (`text_size` bytes, with moment and number in it), %N the number, %S the
 * position `seq` it gets in its topic, anything else stays. Messages of the warm-up carry no mark and are not counted.
 * Gives the size. */
size_t write_message(char *out, size_t room, const char *template, const struct message *message, long seq,
                     size_t text_size, int counted);

/* Whether a counted message is in these bytes. */
int find_message(const char *bytes, size_t size, struct message *message);

#endif
