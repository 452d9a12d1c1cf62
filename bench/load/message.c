#include "message.h"
#include "measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text is `~<moment>.<number>.xxxx`: no JSON, no Markdown and no mention, so every server passes it on as it is. */
static const char MARK = '~';

static size_t write_text(char *out, size_t room, const struct message *message, size_t text_size, int counted) {
    if (text_size + 1 > room)
        fail("no room for a text of %zu bytes", text_size);
    int size = snprintf(out, room, "%c%020" PRIu64 ".%08ld.", counted ? MARK : 'w', message->said_ns, message->number);
    if ((size_t)size < text_size)
        memset(out + size, 'x', text_size - (size_t)size);
    return (size_t)size < text_size ? text_size : (size_t)size;
}

size_t write_message(char *out, size_t room, const char *template, const struct message *message, long seq,
                     size_t text_size, int counted) {
    size_t size = 0;
    for (const char *next = template; *next; next++) {
        if (room - size < 32)
            fail("no room for a message");
        if (next[0] == '%' && next[1] == 'T')
            size += write_text(out + size, room - size, message, text_size, counted), next++;
        else if (next[0] == '%' && next[1] == 'N')
            size += (size_t)snprintf(out + size, room - size, "%s%ld", counted ? "n" : "w", message->number), next++;
        else if (next[0] == '%' && next[1] == 'S')
            size += (size_t)snprintf(out + size, room - size, "%ld", seq), next++;
        else
            out[size++] = *next;
    }
    return size;
}

int find_message(const char *bytes, size_t size, struct message *message) {
    const char *mark = memchr(bytes, MARK, size);
    if (!mark)
        return 0;
    char *end;
    message->said_ns = strtoull(mark + 1, &end, 10);
    message->number = strtol(end + 1, NULL, 10);
    return 1;
}
