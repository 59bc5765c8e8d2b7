// LD_PRELOAD: faults of the files whose path begins with $FAULT_PREFIX, each for as long as a file exists:
//   $FAULT_TRIGGER.stale      descriptors that were opened before it appeared answer EIO, new ones work (a disk that was replugged)
//   $FAULT_TRIGGER.down       every call answers EIO, opening too
//   $FAULT_TRIGGER.hang-sync  fsync and fdatasync do not return
//   $FAULT_TRIGGER.hang-read  reads do not return
//   $FAULT_TRIGGER.hang-log   writes to standard error do not return, whatever the prefix
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST 65536
static char is_ours[MOST], is_new[MOST];

#define REAL(name)                                                                                                     \
  static __typeof__(name) *real;                                                                                       \
  if (!real) real = dlsym(RTLD_NEXT, #name)

static int is_there(const char *suffix) {
  char path[4096];
  const char *trigger = getenv("FAULT_TRIGGER");
  if (!trigger) return 0;
  snprintf(path, sizeof path, "%s%s", trigger, suffix);
  return access(path, F_OK) == 0;
}

static int matches(const char *path) {
  const char *prefix = getenv("FAULT_PREFIX");
  return prefix && strncmp(path, prefix, strlen(prefix)) == 0;
}

static void note(int fd, const char *path) {
  if (fd < 0 || fd >= MOST) return;
  is_ours[fd] = matches(path);
  is_new[fd] = is_there(".stale");
}

static int fails(int fd) {
  if (fd < 0 || fd >= MOST || !is_ours[fd]) return 0;
  return is_there(".down") || (is_there(".stale") && !is_new[fd]);
}

static void hang(int fd, const char *suffix) {
  if (fd < 0 || fd >= MOST || !is_ours[fd]) return;
  while (is_there(suffix)) usleep(50000);
}

#define OPEN(name)                                                                                                     \
  int name(const char *path, int flags, ...) {                                                                         \
    REAL(name);                                                                                                        \
    va_list list;                                                                                                      \
    va_start(list, flags);                                                                                             \
    int mode = va_arg(list, int);                                                                                      \
    va_end(list);                                                                                                      \
    if (matches(path) && is_there(".down")) {                                                                          \
      errno = EIO;                                                                                                     \
      return -1;                                                                                                       \
    }                                                                                                                  \
    int fd = real(path, flags, mode);                                                                                  \
    note(fd, path);                                                                                                    \
    return fd;                                                                                                         \
  }
OPEN(open)
OPEN(open64)

#define FAIL(fd)                                                                                                       \
  if (fails(fd)) {                                                                                                     \
    errno = EIO;                                                                                                       \
    return -1;                                                                                                         \
  }

#define READ(name, offset)                                                                                             \
  ssize_t name(int fd, void *bytes, size_t count, offset at) {                                                         \
    REAL(name);                                                                                                        \
    hang(fd, ".hang-read");                                                                                            \
    FAIL(fd)                                                                                                           \
    return real(fd, bytes, count, at);                                                                                 \
  }
READ(pread, off_t)
READ(pread64, off64_t)

#define WRITE(name, offset)                                                                                            \
  ssize_t name(int fd, const void *bytes, size_t count, offset at) {                                                   \
    REAL(name);                                                                                                        \
    FAIL(fd)                                                                                                           \
    return real(fd, bytes, count, at);                                                                                 \
  }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(write);
  if (fd == 2)
    while (is_there(".hang-log")) usleep(50000);
  return real(fd, bytes, count);
}

#define SYNC(name)                                                                                                     \
  int name(int fd) {                                                                                                   \
    REAL(name);                                                                                                        \
    hang(fd, ".hang-sync");                                                                                            \
    FAIL(fd)                                                                                                           \
    return real(fd);                                                                                                   \
  }
SYNC(fsync)
SYNC(fdatasync)

int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  FAIL(fd)
  return real(fd, length);
}
int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  FAIL(fd)
  return real(fd, length);
}
int close(int fd) {
  REAL(close);
  if (fd >= 0 && fd < MOST) is_ours[fd] = 0;
  return real(fd);
}
