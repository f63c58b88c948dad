/* Between a process and the C library: the nth call that changes files fails, or the process dies instead of making it.
   Loaded with LD_PRELOAD by faults.py, which arms it through fault_arm. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int armed, action, sticky;
static long seen, wanted;
static char last[32];

/* action: an errno, or -1 for death; sticky: every call from the nth on */
void fault_arm(long nth, int what, int every) { seen = 0; wanted = nth; action = what; sticky = every; armed = 1; }
long fault_seen(void) { return seen; }
const char *fault_name(void) { return last; }

static int struck(const char *name) {
  if (!armed) return 0;
  seen++;
  /* a full disk takes no more, but lets go */
  if (sticky && (!strcmp(name, "unlink") || !strcmp(name, "rmdir") || !strcmp(name, "truncate") || !strcmp(name, "rename"))) return 0;
  if (seen != wanted && !(sticky && seen > wanted)) return 0;
  if (seen == wanted) strncpy(last, name, sizeof last - 1);
  if (action < 0) kill(getpid(), SIGKILL);
  errno = action;
  return 1;
}

/* Files without a name are those in memory, of which nothing is left; no disk fails under them. */
static int regular(int fd) { struct stat s; return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_nlink > 0; }
static int in_memory(const char *path) { return !strncmp(path, "/dev/shm/", 9); }

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int rename(const char *a, const char *b) { REAL(rename); return struck("rename") ? -1 : real(a, b); }
int renameat2(int i, const char *a, int j, const char *b, unsigned f) { REAL(renameat2); return struck("rename") ? -1 : real(i, a, j, b, f); }
int unlink(const char *a) { REAL(unlink); return !in_memory(a) && struck("unlink") ? -1 : real(a); }
int unlinkat(int i, const char *a, int f) { REAL(unlinkat); return struck("unlink") ? -1 : real(i, a, f); }
int rmdir(const char *a) { REAL(rmdir); return struck("rmdir") ? -1 : real(a); }
int mkdir(const char *a, mode_t m) { REAL(mkdir); return struck("mkdir") ? -1 : real(a, m); }
int mkdirat(int i, const char *a, mode_t m) { REAL(mkdirat); return struck("mkdir") ? -1 : real(i, a, m); }
int fsync(int fd) { REAL(fsync); return struck("fsync") ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return struck("fsync") ? -1 : real(fd); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); return regular(fd) && struck("truncate") ? -1 : real(fd, n); }
int truncate64(const char *a, off64_t n) { REAL(truncate64); return struck("truncate") ? -1 : real(a, n); }
int posix_fallocate64(int fd, off64_t o, off64_t n) { REAL(posix_fallocate64); return struck("fallocate") ? errno : real(fd, o, n); }
ssize_t write(int fd, const void *p, size_t n) { REAL(write); return regular(fd) && struck("write") ? -1 : real(fd, p, n); }
ssize_t writev(int fd, const struct iovec *v, int n) { REAL(writev); return regular(fd) && struck("write") ? -1 : real(fd, v, n); }
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t o) { REAL(pwrite64); return regular(fd) && struck("write") ? -1 : real(fd, p, n, o); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t o) { REAL(pwrite); return regular(fd) && struck("write") ? -1 : real(fd, p, n, o); }
ssize_t sendfile64(int o, int i, off64_t *p, size_t n) {
  static ssize_t (*real)(int, int, off64_t *, size_t);
  if (!real) real = (ssize_t (*)(int, int, off64_t *, size_t))dlsym(RTLD_NEXT, "sendfile64");
  return regular(o) && struck("write") ? -1 : real(o, i, p, n);
}

#define OPENING(name) \
  static int (*real)(const char *, int, ...); \
  if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
  mode_t mode = 0; \
  if (flags & O_CREAT) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
  if ((flags & O_CREAT) && !in_memory(path) && struck("create")) return -1; \
  return real(path, flags, mode)
int open(const char *path, int flags, ...) { OPENING(open); }
int open64(const char *path, int flags, ...) { OPENING(open64); }
