#define _GNU_SOURCE
#include "measure.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

struct program parse_program(char *text) {
    char *equals = strchr(text, '=');
    if (!equals)
        fail("--cpu wants name=pid, not %s", text);
    *equals = 0;
    char *end;
    struct program program = {.name = text, .count = 1, .pids = {(int)strtol(equals + 1, &end, 10)}};
    program.family = *end == '+';
    return program;
}

static double cpu_of_threads(int pid) {
    char path[320];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    if (!threads)
        return 0;
    double seconds = 0;
    for (struct dirent *thread; (thread = readdir(threads));) {
        if (thread->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, thread->d_name);
        FILE *file = fopen(path, "r");
        if (!file)
            continue;
        unsigned long long ns = 0;
        if (fscanf(file, "%llu", &ns) == 1)
            seconds += (double)ns / 1e9;
        fclose(file);
    }
    closedir(threads);
    return seconds;
}

static int parent_of(int pid) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    size_t size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[size] = 0;
    int parent = 0;
    char *after_name = strrchr(line, ')');
    if (!after_name || sscanf(after_name + 1, " %*c %d", &parent) != 1)
        return 0;
    return parent;
}

static void find_family(struct program *program) {
    program->count = 1;
    DIR *processes = opendir("/proc");
    for (struct dirent *process; processes && (process = readdir(processes));) {
        int pid = atoi(process->d_name);
        if (pid > 0 && parent_of(pid) == program->pids[0] && program->count < FAMILY_MAX)
            program->pids[program->count++] = pid;
    }
    if (processes)
        closedir(processes);
}

void count_cpu(struct program *program) {
    if (program->family)
        find_family(program);
    for (int i = 0; i < program->count; i++)
        program->cpu[i] = cpu_of_threads(program->pids[i]);
}

static double cpu_before(const struct program *program, int pid) {
    for (int i = 0; i < program->count; i++)
        if (program->pids[i] == pid)
            return program->cpu[i];
    return 0; /* born since then */
}

double cpu_seconds(const struct program *program) {
    static struct program now;
    now = *program;
    count_cpu(&now);
    double seconds = 0;
    for (int i = 0; i < now.count; i++)
        seconds += now.cpu[i] - cpu_before(program, now.pids[i]);
    return seconds;
}

static double seconds_of(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

double own_cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

void remember_latency(struct latencies *all, uint64_t began_ns) {
    if (all->count == all->room) {
        all->room = all->room ? all->room * 2 : 65536;
        all->us = realloc(all->us, all->room * sizeof *all->us);
        if (!all->us)
            fail("no memory for latencies");
    }
    all->us[all->count++] = (float)((double)(now_ns() - began_ns) / 1e3);
}

static int by_size(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

double percentile_us(struct latencies *all, double share) {
    if (!all->count)
        return 0;
    qsort(all->us, all->count, sizeof *all->us, by_size);
    size_t place = (size_t)((double)all->count * share);
    return all->us[place < all->count ? place : all->count - 1];
}
