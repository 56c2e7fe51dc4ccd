/* Kill the process before each operation that changes a file below a folder, once for each.
 *
 * Loaded by LD_PRELOAD. KILL_BELOW is the folder, KILL_LIST a file with a line for each operation
 * before which a process was killed already. At an operation that is not on the list, its line is
 * added and the process ends as by SIGKILL. Numbers of processes and times are left out of lines.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int known(const char *list, const char *line) {
    FILE *(*open_file)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");
    FILE *file = open_file(list, "r");
    char held[2 * PATH_MAX];
    int found = 0;
    while (file && !found && fgets(held, sizeof held, file)) found = !strcmp(held, line);
    if (file) fclose(file);
    return found;
}

static int ends(const char *line, size_t end, const char *word) {
    size_t length = strlen(word);
    return end >= length && !strcmp(line + end - length, word);
}

static void before(const char *operation, const char *path) {
    const char *below = getenv("KILL_BELOW"), *list = getenv("KILL_LIST");
    if (!below || !list || !path) return;
    char whole[PATH_MAX], line[2 * PATH_MAX];
    if (path[0] == '/') snprintf(whole, sizeof whole, "%s", path);
    else if (getcwd(whole, sizeof whole - strlen(path) - 2)) strcat(strcat(whole, "/"), path);
    if (strncmp(whole, below, strlen(below))) return;
    size_t end = snprintf(line, sizeof line, "%s ", operation);
    for (const char *c = whole + strlen(below); *c; c++) {
        line[end++] = *c, line[end] = 0;
        if (ends(line, end, "tfevents")) break;
        if (ends(line, end, "partial-") || ends(line, end, "replaced-") || ends(line, end, "tempstate"))
            c += strspn(c + 1, "-0123456789abcdef");
        if (ends(line, end, ".tmp")) c += strspn(c + 1, "0123456789abcdef");
    }
    line[end++] = '\n', line[end] = 0;
    if (known(list, line)) return;
    int file = syscall(SYS_openat, AT_FDCWD, list, O_WRONLY | O_APPEND | O_CREAT, 0644);
    if (syscall(SYS_write, file, line, end) < 0) abort();
    kill(getpid(), SIGKILL);
    pause();
}

static const char *path_of(int file, char *place) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, place, PATH_MAX - 1);
    if (length < 0) return NULL;
    place[length] = 0;
    return place;
}

static const char *within(int folder, const char *path, char *place) {
    if (folder == AT_FDCWD || path[0] == '/') return path;
    if (!path_of(folder, place)) return path;
    return strcat(strcat(place, "/"), path);
}

#define REAL(type, name, ...) type (*real)(__VA_ARGS__) = dlsym(RTLD_NEXT, #name)
#define CHANGES(flags) ((flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
#define MODE(mode) va_list more; va_start(more, flags); mode = va_arg(more, int); va_end(more)

#define OPEN(name) int name(const char *path, int flags, ...) { \
    int mode; MODE(mode); REAL(int, name, const char *, int, ...); \
    if (CHANGES(flags)) before("open", path); \
    return real(path, flags, mode); }
OPEN(open)
OPEN(open64)

#define OPENAT(name) int name(int folder, const char *path, int flags, ...) { \
    int mode; MODE(mode); REAL(int, name, int, const char *, int, ...); \
    char place[PATH_MAX]; \
    if (CHANGES(flags)) before("open", within(folder, path, place)); \
    return real(folder, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name) FILE *name(const char *path, const char *how) { \
    REAL(FILE *, name, const char *, const char *); \
    if (how[0] != 'r' || strchr(how, '+')) before("open", path); \
    return real(path, how); }
FOPEN(fopen)
FOPEN(fopen64)

#define ONE(name) int name(const char *path) { \
    REAL(int, name, const char *); before(#name, path); return real(path); }
ONE(unlink)
ONE(rmdir)
ONE(remove)

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t); before("mkdir", path); return real(path, mode);
}
int unlinkat(int folder, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int); char place[PATH_MAX];
    before("unlink", within(folder, path, place)); return real(folder, path, flags);
}
int rename(const char *old, const char *new) {
    REAL(int, rename, const char *, const char *); before("rename", new); return real(old, new);
}
ssize_t write(int file, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t); char place[PATH_MAX];
    if (file > 2) before("write", path_of(file, place));
    return real(file, data, size);
}
size_t fwrite(const void *data, size_t size, size_t count, FILE *stream) {
    REAL(size_t, fwrite, const void *, size_t, size_t, FILE *); char place[PATH_MAX];
    if (fileno(stream) > 2) before("write", path_of(fileno(stream), place));
    return real(data, size, count, stream);
}
