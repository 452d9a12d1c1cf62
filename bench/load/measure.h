/* What is measured: time, CPU seconds of processes, latencies. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* Stop with a reason: a run that cannot be trusted gives no figures. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Nanoseconds of the machine's monotonic clock, the same for all processes. */
uint64_t now_ns(void);

enum { FAMILY_MAX = 512 };

/* A program whose CPU is counted; with `family` its child processes as well (PostgreSQL forks one per connection). */
struct program {
    const char *name;
    int family;
    int count;
    int pids[FAMILY_MAX];
    double cpu[FAMILY_MAX];
};

/* `name=pid` or `name=pid+` (with its children). */
struct program parse_program(char *text);

/* Begin to count. */
void count_cpu(struct program *program);

/* CPU seconds since then, to the nanosecond: the scheduler's own account of every living thread. */
double cpu_seconds(const struct program *program);

/* CPU seconds of this process. */
double own_cpu_seconds(void);

struct latencies {
    float *us;
    size_t count;
    size_t room;
};

void remember_latency(struct latencies *all, uint64_t began_ns);

/* Sorts; `share` is 0.5 for the median, 0.99 for p99. In microseconds. */
double percentile_us(struct latencies *all, double share);

#endif
