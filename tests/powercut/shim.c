/* Records, in their true order, what a process does to one folder and what it sends.
 *
 * Preloaded into the program. Each call is made and recorded under one mutex, so the records
 * stand in the order in which the kernel saw the calls. What a record holds is read by trace.rs.
 * The -shm file is mapped memory, never durable and rebuilt at each opening: it is left out.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { START = 1, CREATE, OPEN, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, UNLINK, SEND, CLOSE };
enum what { OTHER = 0, A_FILE, A_FOLDER };

struct record {
    uint32_t kind, fd;
    uint64_t inode, offset;
    uint32_t path_bytes, data_bytes;
};

#define FDS 4096
static struct { enum what what; ino_t inode; } known[FDS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static char folder[PATH_MAX];

static void fail(const char *why) {
    dprintf(2, "shim: %s\n", why);
    abort();
}

static void put(const void *bytes, size_t count) {
    /* The raw call: the wrapped one would record itself. */
    for (const char *from = bytes; count > 0;) {
        long done = syscall(SYS_write, trace, from, count);
        if (done <= 0) fail("the trace can't be written");
        from += done;
        count -= (size_t)done;
    }
}

static void note(enum kind kind, int fd, uint64_t inode, uint64_t offset, const char *path,
                 const void *data, size_t count) {
    size_t path_bytes = path ? strlen(path) : 0;
    struct record record = {(uint32_t)kind, (uint32_t)fd, inode, offset, (uint32_t)path_bytes,
                            (uint32_t)count};
    put(&record, sizeof record);
    put(path, path_bytes);
    put(data, count);
}

__attribute__((constructor)) static void start(void) {
    const char *to = getenv("POWERCUT_TRACE"), *watched = getenv("POWERCUT_FOLDER");
    if (!to || !watched) fail("POWERCUT_TRACE and POWERCUT_FOLDER must be set");
    snprintf(folder, sizeof folder, "%s", watched);
    trace = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0) fail("the trace can't be opened");
    note(START, 0, 0, 0, NULL, NULL, 0);
}

#define REAL(result, name, ...)                                             \
    static result (*real)(__VA_ARGS__);                                     \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name);       \
    if (!real) fail("no " name)

/* The name inside the folder, "" for the folder itself, NULL for anything else. */
static const char *inside(const char *path) {
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) != 0) return NULL;
    if (path[length] == '\0') return "";
    if (path[length] != '/') return NULL;
    const char *name = path + length + 1;
    size_t bytes = strlen(name);
    if (bytes >= 4 && strcmp(name + bytes - 4, "-shm") == 0) return NULL;
    return name;
}

static const char *absolute(const char *path, char *into) {
    if (path[0] == '/') return path;
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here)) fail("no working folder");
    if (strncmp(path, "./", 2) == 0) path += 2;
    if (snprintf(into, PATH_MAX, "%s/%s", here, path) >= PATH_MAX) fail("a path is too long");
    return into;
}

static const char *path_of(int fd, char *into) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, into, PATH_MAX - 1);
    if (length < 0) return "";
    into[length] = '\0';
    return into;
}

static int opened(int fd, int flags, int was_there) {
    char into[PATH_MAX];
    const char *name = fd >= 0 ? inside(path_of(fd, into)) : NULL;
    struct stat found;
    if (!name) return fd;
    if (fd >= FDS) fail("too many files");
    if (fstat(fd, &found) != 0) fail("an open file has no status");
    known[fd].inode = found.st_ino;
    known[fd].what = S_ISDIR(found.st_mode) ? A_FOLDER : A_FILE;
    if (known[fd].what == A_FOLDER) return fd;
    note(was_there ? OPEN : CREATE, fd, found.st_ino, 0, name, NULL, 0);
    if (flags & O_TRUNC) note(TRUNCATE, fd, found.st_ino, 0, NULL, NULL, 0);
    return fd;
}

#define OPENAT(at, path, flags)                                                       \
    va_list list;                                                                     \
    va_start(list, flags);                                                            \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0;         \
    va_end(list);                                                                     \
    pthread_mutex_lock(&mutex);                                                       \
    int was_there = faccessat(at, path, F_OK, 0) == 0;                                \
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);                         \
    int error = errno;                                                                \
    opened(fd, flags, was_there);                                                     \
    pthread_mutex_unlock(&mutex);                                                     \
    errno = error;                                                                    \
    return fd

int open(const char *path, int flags, ...) { OPENAT(AT_FDCWD, path, flags); }
int open64(const char *path, int flags, ...) { OPENAT(AT_FDCWD, path, flags); }
int openat(int at, const char *path, int flags, ...) { OPENAT(at, path, flags); }
int openat64(int at, const char *path, int flags, ...) { OPENAT(at, path, flags); }
int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static int is_file(int fd) { return fd >= 0 && fd < FDS && known[fd].what == A_FILE; }

static int is_socket(int fd) {
    struct stat found;
    return fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode);
}

static void note_pieces(enum kind kind, int fd, uint64_t offset, const struct iovec *pieces,
                        int count, size_t done) {
    for (int i = 0; i < count && done > 0; i++) {
        size_t part = pieces[i].iov_len < done ? pieces[i].iov_len : done;
        note(kind, fd, kind == WRITE ? known[fd].inode : 0, offset, NULL, pieces[i].iov_base, part);
        offset += part;
        done -= part;
    }
}

static ssize_t written(int fd, off_t offset, const struct iovec *pieces, int count) {
    pthread_mutex_lock(&mutex);
    int file = is_file(fd), has_offset = offset >= 0;
    if (file && !has_offset) {
        int appends = fcntl(fd, F_GETFL) & O_APPEND;
        struct stat found;
        if (fstat(fd, &found) != 0) fail("an open file has no status");
        offset = appends ? found.st_size : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = has_offset ? syscall(SYS_pwritev, fd, pieces, count, offset, 0)
                              : syscall(SYS_writev, fd, pieces, count);
    int error = errno;
    if (done > 0 && file) note_pieces(WRITE, fd, (uint64_t)offset, pieces, count, (size_t)done);
    else if (done > 0 && is_socket(fd)) note_pieces(SEND, fd, 0, pieces, count, (size_t)done);
    pthread_mutex_unlock(&mutex);
    errno = error;
    return done;
}

static ssize_t written_at(int fd, const void *bytes, size_t count, off_t offset) {
    struct iovec piece = {(void *)bytes, count};
    return written(fd, offset, &piece, 1);
}

ssize_t write(int fd, const void *bytes, size_t count) { return written_at(fd, bytes, count, -1); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { return written_at(fd, b, n, at); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { return written_at(fd, b, n, at); }
ssize_t writev(int fd, const struct iovec *pieces, int count) { return written(fd, -1, pieces, count); }
ssize_t pwritev(int fd, const struct iovec *p, int n, off_t at) { return written(fd, at, p, n); }
ssize_t pwritev64(int fd, const struct iovec *p, int n, off64_t at) { return written(fd, at, p, n); }

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    pthread_mutex_lock(&mutex);
    ssize_t done = syscall(SYS_sendmsg, fd, message, flags);
    int error = errno;
    if (done > 0) note_pieces(SEND, fd, 0, message->msg_iov, (int)message->msg_iovlen, (size_t)done);
    pthread_mutex_unlock(&mutex);
    errno = error;
    return done;
}

ssize_t sendto(int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to,
               socklen_t length) {
    struct iovec piece = {(void *)bytes, count};
    struct msghdr message = {(void *)to, length, &piece, 1, NULL, 0, 0};
    return sendmsg(fd, &message, flags);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    return sendto(fd, bytes, count, flags, NULL, 0);
}

static int truncated(int fd, off_t length) {
    pthread_mutex_lock(&mutex);
    int result = (int)syscall(SYS_ftruncate, fd, length), error = errno;
    if (result == 0 && is_file(fd))
        note(TRUNCATE, fd, known[fd].inode, (uint64_t)length, NULL, NULL, 0);
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }

static int synced(int fd, long call) {
    pthread_mutex_lock(&mutex);
    int result = (int)syscall(call, fd), error = errno;
    if (result == 0 && fd >= 0 && fd < FDS && known[fd].what != OTHER)
        note(known[fd].what == A_FOLDER ? SYNC_FOLDER : SYNC, fd, known[fd].inode, 0, NULL, NULL, 0);
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int close(int fd) {
    pthread_mutex_lock(&mutex);
    if (fd >= 0 && fd < FDS) known[fd].what = OTHER;
    if (is_socket(fd)) note(CLOSE, fd, 0, 0, NULL, NULL, 0);
    int result = (int)syscall(SYS_close, fd), error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

int rename(const char *from, const char *to) {
    char from_into[PATH_MAX], to_into[PATH_MAX];
    REAL(int, "rename", const char *, const char *);
    pthread_mutex_lock(&mutex);
    const char *old = inside(absolute(from, from_into)), *new = inside(absolute(to, to_into));
    int result = real(from, to), error = errno;
    if (result == 0 && (old || new)) {
        if (!old || !new) fail("a file was moved into the folder, or out of it");
        note(RENAME, 0, 0, 0, old, new, strlen(new));
    }
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

static int unlinked(int at, const char *path, int flags) {
    char into[PATH_MAX];
    pthread_mutex_lock(&mutex);
    const char *name = at == AT_FDCWD || path[0] == '/' ? inside(absolute(path, into)) : NULL;
    int result = (int)syscall(SYS_unlinkat, at, path, flags), error = errno;
    if (result == 0 && name) note(UNLINK, 0, 0, 0, name, NULL, 0);
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

int unlink(const char *path) { return unlinked(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlinked(at, path, flags); }

/* Ways to change a file that are not modelled: better no figure than a wrong one. */
int renameat(int a, const char *from, int b, const char *to) {
    (void)a, (void)from, (void)b, (void)to;
    fail("renameat is not recorded");
    return -1;
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    (void)a, (void)from, (void)b, (void)to, (void)flags;
    fail("renameat2 is not recorded");
    return -1;
}
