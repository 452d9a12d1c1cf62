#define _GNU_SOURCE
#include "net.h"
#include "measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 1024, READ_ROOM = 16384 };

static int poller = -1;

void open_link(struct link *link, int port, int small_window) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0)
        fail("socket: %s", strerror(errno));
    int size = 4096, yes = 1;
    if (small_window)
        setsockopt(link->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (connect(link->fd, (struct sockaddr *)&address, sizeof address))
        fail("connect to port %d: %s", port, strerror(errno));
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

void send_all(struct link *link, const char *bytes, size_t size) {
    while (size) {
        ssize_t sent = send(link->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            usleep(200);
        } else if (sent < 0) {
            fail("send: %s", strerror(errno));
        } else {
            bytes += sent;
            size -= (size_t)sent;
        }
    }
}

static void deal_with(struct link *link) {
    size_t used = link->arrived(link);
    link->filled -= used;
    memmove(link->in, link->in + used, link->filled);
}

void watch_link(struct link *link) {
    if (poller < 0)
        poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
    if (fcntl(link->fd, F_SETFL, O_NONBLOCK) || epoll_ctl(poller, EPOLL_CTL_ADD, link->fd, &event))
        fail("epoll: %s", strerror(errno));
    if (link->filled)
        deal_with(link);
}

void ignore_link(struct link *link) { epoll_ctl(poller, EPOLL_CTL_DEL, link->fd, NULL); }

static void read_link(struct link *link) {
    if (link->room - link->filled < READ_ROOM) {
        link->room = link->room ? link->room * 2 : 4 * READ_ROOM;
        link->in = realloc(link->in, link->room);
        if (!link->in)
            fail("no memory for a connection");
    }
    ssize_t size = read(link->fd, link->in + link->filled, link->room - link->filled);
    if (size > 0) {
        link->filled += (size_t)size;
        deal_with(link);
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        ignore_link(link);
        link->ended(link);
    }
}

void wait_for_links(uint64_t ns_max) {
    struct epoll_event events[EVENTS];
    struct timespec longest = {.tv_sec = (time_t)(ns_max / 1000000000ull), .tv_nsec = (long)(ns_max % 1000000000ull)};
    int count = epoll_pwait2(poller, events, EVENTS, &longest, NULL);
    for (int i = 0; i < count; i++)
        read_link(events[i].data.ptr);
}
