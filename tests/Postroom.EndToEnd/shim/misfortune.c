// Makes one chosen system call of a process go wrong, and moves its wall clock. Loaded with LD_PRELOAD by tests.
//
// A plan in shared memory (the file that MISFORTUNE_PLAN names) says at which call and how. Counting begins when the
// test arms it, so that a start is not part of it unless the test wants that. The calls are made as system calls, never
// through the C library's own functions: nothing here can call itself.
//
// .NET finds functions of libc by dlsym on its handle, which passes by LD_PRELOAD: so dlsym is ours as well.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { KILL = 1, EIO_ONCE = 2, NO_SPACE = 3, SHORT = 4, DROP = 5, READ_EIO = 6, SYNC_DROP = 7 };
enum {
    WRITE, PWRITE, WRITEV, PWRITEV, SENDTO, SENDMSG, FSYNC, FDATASYNC, FALLOCATE, RENAME, UNLINK, FTRUNCATE, CREATE,
    MKDIR, LINK, CHMOD, READ, CALLS
};

// The test reads and writes the same layout: Harness/Misfortune.cs.
struct plan {
    _Atomic int32_t armed;
    _Atomic int32_t action;
    _Atomic int64_t at;
    _Atomic int64_t count;
    _Atomic int64_t fired;      // the number of the call that went wrong; 0: none yet
    _Atomic int32_t fired_call; // which it was
    _Atomic int32_t dropped;    // octets that a failed sync lost
    _Atomic int64_t clock;      // seconds by which the wall clock is off
    _Atomic int64_t late;       // mails acknowledged after a sync had failed
    char where[456];            // what the call was about: a path, or socket:[...]
    _Atomic int64_t calls[CALLS];
};

static struct plan *plan;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("MISFORTUNE_PLAN");
    if (!file) return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *at = mmap(NULL, sizeof(struct plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (at != MAP_FAILED) plan = at;
}

// What a failed sync loses: all that was written to a file of the journal and not synced since.
struct range { dev_t dev; ino_t ino; off_t offset; size_t length; };
static struct range ranges[8192];
static int range_count;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void path_of(int fd, char *into, size_t size) {
    char link[32] = "/proc/self/fd/", digits[16];
    int n = 0;
    do digits[n++] = (char)('0' + fd % 10); while ((fd /= 10) > 0);
    size_t end = strlen(link);
    while (n > 0) link[end++] = digits[--n];
    link[end] = 0;
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, into, size - 1);
    into[length > 0 ? length : 0] = 0;
}

static int is_journal(int fd, struct stat *file) {
    char path[PATH_MAX];
    path_of(fd, path, sizeof path);
    return strstr(path, "/journal/") && fstat(fd, file) == 0;
}

static int is_dropping(void) {
    return plan && plan->armed && (plan->action == DROP || plan->action == SYNC_DROP);
}

static void wrote(int fd, off_t offset, long length) {
    struct stat file;
    if (length <= 0 || !is_dropping() || !is_journal(fd, &file)) return;
    pthread_mutex_lock(&gate);
    if (range_count < (int)(sizeof ranges / sizeof *ranges))
        ranges[range_count++] = (struct range){ file.st_dev, file.st_ino, offset, (size_t)length };
    pthread_mutex_unlock(&gate);
}

static int unsynced(void) { return is_dropping() ? range_count : 0; }

// A sync that went well covers what was written before it began.
static void synced(int fd, int upto) {
    struct stat file;
    if (!is_dropping() || !is_journal(fd, &file)) return;
    pthread_mutex_lock(&gate);
    for (int i = 0; i < upto && i < range_count; i++)
        if (ranges[i].dev == file.st_dev && ranges[i].ino == file.st_ino) ranges[i].length = 0;
    pthread_mutex_unlock(&gate);
}

// The kernel calls pages clean that it could not write, and may forget them at any moment: here, at once.
static void drop(int fd) {
    static const char zeros[65536];
    struct stat file;
    if (!is_journal(fd, &file)) return;
    pthread_mutex_lock(&gate);
    for (int i = 0; i < range_count; i++) {
        struct range *r = &ranges[i];
        if (r->dev != file.st_dev || r->ino != file.st_ino) continue;
        for (size_t done = 0; done < r->length;) {
            size_t most = r->length - done < sizeof zeros ? r->length - done : sizeof zeros;
            long n = syscall(SYS_pwrite64, fd, zeros, most, r->offset + (off_t)done);
            if (n <= 0) break;
            done += (size_t)n;
        }
        plan->dropped += (int32_t)r->length;
        r->length = 0;
    }
    pthread_mutex_unlock(&gate);
}

enum fate { AS_USUAL, FAILS, HALF };

static enum fate fate_of(int call, int fd, const char *path) {
    if (!plan || !plan->armed) return AS_USUAL;
    int action = plan->action;
    if ((action == READ_EIO) != (call == READ)) return AS_USUAL;
    if (action == SYNC_DROP && call != FSYNC && call != FDATASYNC) return AS_USUAL;
    plan->calls[call]++;
    int64_t number = ++plan->count;
    if (number != plan->at) return AS_USUAL;
    if (path) strncpy(plan->where, path, sizeof plan->where - 1);
    else path_of(fd, plan->where, sizeof plan->where);
    plan->fired_call = call;
    plan->fired = number;
    switch (action) {
    case KILL:
        syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
        for (;;) pause();
    case NO_SPACE:
        errno = ENOSPC;
        return FAILS;
    case SHORT:
        return HALF;
    case DROP:
    case SYNC_DROP:
        if (call == FSYNC || call == FDATASYNC) drop(fd);
        errno = EIO;
        return FAILS;
    default:
        errno = EIO;
        return FAILS;
    }
}

static size_t half(size_t count) { return count > 1 ? count / 2 : count; }

ssize_t write(int fd, const void *buffer, size_t count) {
    enum fate fate = fate_of(WRITE, fd, NULL);
    if (fate == FAILS) return -1;
    return syscall(SYS_write, fd, buffer, fate == HALF ? half(count) : count);
}

ssize_t pwrite64(int fd, const void *buffer, size_t count, off_t offset) {
    enum fate fate = fate_of(PWRITE, fd, NULL);
    if (fate == FAILS) return -1;
    ssize_t n = syscall(SYS_pwrite64, fd, buffer, fate == HALF ? half(count) : count, offset);
    wrote(fd, offset, n);
    return n;
}
ssize_t pwrite(int fd, const void *buffer, size_t count, off_t offset) { return pwrite64(fd, buffer, count, offset); }

// Half of all octets, wherever that is in the list.
static int shorten(const struct iovec *vector, int count, struct iovec *into) {
    size_t all = 0;
    for (int i = 0; i < count; i++) all += vector[i].iov_len;
    size_t left = half(all);
    int used = 0;
    for (; used < count && left > 0; used++) {
        into[used] = vector[used];
        if (into[used].iov_len > left) into[used].iov_len = left;
        left -= into[used].iov_len;
    }
    return used;
}

ssize_t writev(int fd, const struct iovec *vector, int count) {
    struct iovec part[IOV_MAX];
    enum fate fate = fate_of(WRITEV, fd, NULL);
    if (fate == FAILS) return -1;
    if (fate == HALF) { count = shorten(vector, count, part); vector = part; }
    return syscall(SYS_writev, fd, vector, count);
}

ssize_t pwritev64(int fd, const struct iovec *vector, int count, off_t offset) {
    struct iovec part[IOV_MAX];
    enum fate fate = fate_of(PWRITEV, fd, NULL);
    if (fate == FAILS) return -1;
    if (fate == HALF) { count = shorten(vector, count, part); vector = part; }
    ssize_t n = syscall(SYS_pwritev, fd, vector, count, offset, 0L);
    wrote(fd, offset, n);
    return n;
}
ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t offset) {
    return pwritev64(fd, vector, count, offset);
}

// Promise 1: a failed sync is never followed by a 250.
static void said(const void *buffer, size_t count) {
    static const char accepted[] = "250 2.0.0 Accepted as ";
    if (!plan || !plan->fired || plan->action == SHORT) return;
    if (plan->fired_call != FSYNC && plan->fired_call != FDATASYNC) return;
    if (count >= sizeof accepted - 1 && memcmp(buffer, accepted, sizeof accepted - 1) == 0) plan->late++;
}

// What fails on a socket is the connection: a disk's error there, on a connection that lives on, is nothing that happens.
static ssize_t reset(int fd) {
    syscall(SYS_shutdown, fd, SHUT_RDWR);
    errno = ECONNRESET;
    return -1;
}

ssize_t sendto(int fd, const void *buffer, size_t count, int flags, const struct sockaddr *to, socklen_t size) {
    said(buffer, count);
    enum fate fate = fate_of(SENDTO, fd, NULL);
    if (fate == FAILS) return reset(fd);
    return syscall(SYS_sendto, fd, buffer, fate == HALF ? half(count) : count, flags, to, size);
}
ssize_t send(int fd, const void *buffer, size_t count, int flags) { return sendto(fd, buffer, count, flags, NULL, 0); }

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    struct iovec part[IOV_MAX];
    struct msghdr cut = *message;
    enum fate fate = fate_of(SENDMSG, fd, NULL);
    if (fate == FAILS) return reset(fd);
    if (fate == HALF) {
        cut.msg_iovlen = (size_t)shorten(message->msg_iov, (int)message->msg_iovlen, part);
        cut.msg_iov = part;
    }
    return syscall(SYS_sendmsg, fd, &cut, flags);
}

int fsync(int fd) {
    if (fate_of(FSYNC, fd, NULL) == FAILS) return -1;
    int upto = unsynced(), result = (int)syscall(SYS_fsync, fd);
    if (result == 0) synced(fd, upto);
    return result;
}

int fdatasync(int fd) {
    if (fate_of(FDATASYNC, fd, NULL) == FAILS) return -1;
    int upto = unsynced(), result = (int)syscall(SYS_fdatasync, fd);
    if (result == 0) synced(fd, upto);
    return result;
}

int fallocate64(int fd, int mode, off_t offset, off_t length) {
    if (fate_of(FALLOCATE, fd, NULL) == FAILS) return -1;
    return (int)syscall(SYS_fallocate, fd, mode, offset, length);
}
int fallocate(int fd, int mode, off_t offset, off_t length) { return fallocate64(fd, mode, offset, length); }

int posix_fallocate64(int fd, off_t offset, off_t length) {
    return fallocate64(fd, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate(int fd, off_t offset, off_t length) { return posix_fallocate64(fd, offset, length); }

int ftruncate64(int fd, off_t length) {
    if (fate_of(FTRUNCATE, fd, NULL) == FAILS) return -1;
    return (int)syscall(SYS_ftruncate, fd, length);
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int rename(const char *from, const char *to) {
    if (fate_of(RENAME, -1, from) == FAILS) return -1;
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
    if (fate_of(UNLINK, -1, path) == FAILS) return -1;
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int link(const char *from, const char *to) {
    if (fate_of(LINK, -1, from) == FAILS) return -1;
    return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int mkdir(const char *path, mode_t mode) {
    if (fate_of(MKDIR, -1, path) == FAILS) return -1;
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int fchmod(int fd, mode_t mode) {
    if (fate_of(CHMOD, fd, NULL) == FAILS) return -1;
    return (int)syscall(SYS_fchmod, fd, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if ((flags & O_CREAT) && fate_of(CREATE, -1, path) == FAILS) return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return openat64(AT_FDCWD, path, flags, mode); \
    }
OPENS(open)
OPENS(open64)

int openat(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return openat64(folder, path, flags, mode);
}

ssize_t pread64(int fd, void *buffer, size_t count, off_t offset) {
    if (fate_of(READ, fd, NULL) == FAILS) return -1;
    return syscall(SYS_pread64, fd, buffer, count, offset);
}
ssize_t pread(int fd, void *buffer, size_t count, off_t offset) { return pread64(fd, buffer, count, offset); }

// The wall clock. The one that never jumps stays as it is.
static time_t jump(void) { return plan ? (time_t)plan->clock : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += jump();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (into) *into = exact.tv_sec;
    return exact.tv_sec;
}

#define OURS(name) { #name, (void *)name }
static const struct { const char *name; void *is; } ours[] = {
    OURS(write), OURS(pwrite), OURS(pwrite64), OURS(writev), OURS(pwritev), OURS(pwritev64), OURS(send), OURS(sendto),
    OURS(sendmsg), OURS(fsync), OURS(fdatasync), OURS(fallocate), OURS(fallocate64), OURS(posix_fallocate),
    OURS(posix_fallocate64), OURS(ftruncate), OURS(ftruncate64), OURS(rename), OURS(unlink), OURS(link), OURS(mkdir),
    OURS(fchmod), OURS(open), OURS(open64), OURS(openat), OURS(openat64), OURS(pread), OURS(pread64),
    OURS(clock_gettime), OURS(gettimeofday), OURS(time),
};

void *dlsym(void *restrict library, const char *restrict name) {
    static void *(*real)(void *, const char *);
    static const char *const versions[] = { "GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5" };
    for (size_t i = 0; !real && i < sizeof versions / sizeof *versions; i++)
        real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(name, ours[i].name) == 0) return ours[i].is;
    return real ? real(library, name) : NULL;
}
