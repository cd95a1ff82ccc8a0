"""Which system calls a confined program may make, and their numbers on x86_64 and aarch64.

A call that is in none of these lists kills the program: sockets, ptrace, exec, fork, namespaces, mounts, io_uring,
keyctl, System V IPC, memfd_create, process_vm_*, bpf, perf_event_open, userfaultfd, signals to others, and whatever
a future kernel adds.
"""

ALLOWED = """
    read write readv writev pread64 preadv close close_range dup dup2 dup3 lseek fstat stat lstat newfstatat
    statx access faccessat faccessat2 readlink readlinkat getdents64 getcwd fadvise64 poll ppoll select pselect6
    brk mmap munmap mremap mprotect madvise membarrier futex set_robust_list get_robust_list rseq
    set_tid_address rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend
    sigaltstack pause alarm getitimer setitimer nanosleep clock_nanosleep clock_gettime clock_getres
    gettimeofday time times getrusage getrlimit sysinfo uname getpid gettid getppid getuid geteuid getgid
    getegid getresuid getresgid getgroups getpgrp getpgid getsid getpriority getcpu sched_yield
    sched_getaffinity sched_getscheduler sched_getparam sched_get_priority_max sched_get_priority_min getrandom
    restart_syscall exit exit_group
""".split()
"""Harmless: own memory, own threads, clocks, and files that Landlock and the mount view already guard."""

REFUSED = """
    creat mkdir mkdirat mknod mknodat unlink unlinkat rmdir rename renameat renameat2 link linkat symlink
    symlinkat truncate ftruncate fallocate chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utime
    utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr fsync
    fdatasync flock chdir fchdir umask statfs fstatfs getxattr lgetxattr fgetxattr listxattr llistxattr
    flistxattr pipe pipe2 eventfd2 epoll_create epoll_create1 sendfile copy_file_range setrlimit setpriority
    sched_setaffinity sched_setscheduler sched_setparam mlock mlock2 munlock arch_prctl get_mempolicy
    set_mempolicy mbind
""".split()
"""Answered with EACCES: what an honest library may try and does without, so the program can go on. Nothing happens."""

ABSENT = """
    clone3 openat2
""".split()
"""Answered with ENOSYS: their flags are in memory, where a filter cannot look. libc falls back to the old calls."""

CHECKED = """
    open openat clone fcntl ioctl kill tgkill prctl prlimit64
""".split()
"""Allowed with the right arguments only: see `seccomp.py`."""

ALLOWED_TO_EXECUTED = """
    execve arch_prctl epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2 pipe pipe2
""".split()
"""What a program that is executed (Node) may do besides: its start, and its event loop. Landlock says what execve may
execute: the program and its loader. What is in no list is answered with ENOSYS here."""

NUMBERS = {
    "x86_64": """
    read=0 write=1 readv=19 writev=20 pread64=17 preadv=295 close=3 close_range=436 dup=32 dup2=33 dup3=292
    lseek=8 fstat=5 stat=4 lstat=6 newfstatat=262 statx=332 access=21 faccessat=269 faccessat2=439 readlink=89
    readlinkat=267 getdents64=217 getcwd=79 fadvise64=221 poll=7 ppoll=271 select=23 pselect6=270 brk=12 mmap=9
    munmap=11 mremap=25 mprotect=10 madvise=28 membarrier=324 futex=202 set_robust_list=273 get_robust_list=274
    rseq=334 set_tid_address=218 rt_sigaction=13 rt_sigprocmask=14 rt_sigreturn=15 rt_sigpending=127
    rt_sigtimedwait=128 rt_sigsuspend=130 sigaltstack=131 pause=34 alarm=37 getitimer=36 setitimer=38
    nanosleep=35 clock_nanosleep=230 clock_gettime=228 clock_getres=229 gettimeofday=96 time=201 times=100
    getrusage=98 getrlimit=97 sysinfo=99 uname=63 getpid=39 gettid=186 getppid=110 getuid=102 geteuid=107
    getgid=104 getegid=108 getresuid=118 getresgid=120 getgroups=115 getpgrp=111 getpgid=121 getsid=124
    getpriority=140 getcpu=309 sched_yield=24 sched_getaffinity=204 sched_getscheduler=145 sched_getparam=143
    sched_get_priority_max=146 sched_get_priority_min=147 getrandom=318 restart_syscall=219 exit=60
    exit_group=231 creat=85 mkdir=83 mkdirat=258 mknod=133 mknodat=259 unlink=87 unlinkat=263 rmdir=84 rename=82
    renameat=264 renameat2=316 link=86 linkat=265 symlink=88 symlinkat=266 truncate=76 ftruncate=77
    fallocate=285 chmod=90 fchmod=91 fchmodat=268 fchmodat2=452 chown=92 lchown=94 fchown=93 fchownat=260
    utime=132 utimes=235 futimesat=261 utimensat=280 setxattr=188 lsetxattr=189 fsetxattr=190 removexattr=197
    lremovexattr=198 fremovexattr=199 fsync=74 fdatasync=75 flock=73 chdir=80 fchdir=81 umask=95 statfs=137
    fstatfs=138 getxattr=191 lgetxattr=192 fgetxattr=193 listxattr=194 llistxattr=195 flistxattr=196 pipe=22
    pipe2=293 eventfd2=290 epoll_create=213 epoll_create1=291 sendfile=40 copy_file_range=326 setrlimit=160
    setpriority=141 sched_setaffinity=203 sched_setscheduler=144 sched_setparam=142 mlock=149 mlock2=325
    munlock=150 arch_prctl=158 get_mempolicy=239 set_mempolicy=238 mbind=237 clone3=435 openat2=437 open=2
    openat=257 clone=56 fcntl=72 ioctl=16 kill=62 tgkill=234 prctl=157 prlimit64=302
""",
    "aarch64": """
    read=63 write=64 readv=65 writev=66 pread64=67 preadv=69 close=57 close_range=436 dup=23 dup3=24 lseek=62
    fstat=80 newfstatat=79 statx=291 faccessat=48 faccessat2=439 readlinkat=78 getdents64=61 getcwd=17
    fadvise64=223 ppoll=73 pselect6=72 brk=214 mmap=222 munmap=215 mremap=216 mprotect=226 madvise=233
    membarrier=283 futex=98 set_robust_list=99 get_robust_list=100 rseq=293 set_tid_address=96 rt_sigaction=134
    rt_sigprocmask=135 rt_sigreturn=139 rt_sigpending=136 rt_sigtimedwait=137 rt_sigsuspend=133 sigaltstack=132
    getitimer=102 setitimer=103 nanosleep=101 clock_nanosleep=115 clock_gettime=113 clock_getres=114
    gettimeofday=169 times=153 getrusage=165 getrlimit=163 sysinfo=179 uname=160 getpid=172 gettid=178
    getppid=173 getuid=174 geteuid=175 getgid=176 getegid=177 getresuid=148 getresgid=150 getgroups=158
    getpgid=155 getsid=156 getpriority=141 getcpu=168 sched_yield=124 sched_getaffinity=123
    sched_getscheduler=120 sched_getparam=121 sched_get_priority_max=125 sched_get_priority_min=126
    getrandom=278 restart_syscall=128 exit=93 exit_group=94 mkdirat=34 mknodat=33 unlinkat=35 renameat=38
    renameat2=276 linkat=37 symlinkat=36 truncate=45 ftruncate=46 fallocate=47 fchmod=52 fchmodat=53
    fchmodat2=452 fchown=55 fchownat=54 utimensat=88 setxattr=5 lsetxattr=6 fsetxattr=7 removexattr=14
    lremovexattr=15 fremovexattr=16 fsync=82 fdatasync=83 flock=32 chdir=49 fchdir=50 umask=166 statfs=43
    fstatfs=44 getxattr=8 lgetxattr=9 fgetxattr=10 listxattr=11 llistxattr=12 flistxattr=13 pipe2=59 eventfd2=19
    epoll_create1=20 sendfile=71 copy_file_range=285 setrlimit=164 setpriority=140 sched_setaffinity=122
    sched_setscheduler=119 sched_setparam=118 mlock=228 mlock2=284 munlock=229 get_mempolicy=236
    set_mempolicy=237 mbind=235 clone3=435 openat2=437 openat=56 clone=220 fcntl=25 ioctl=29 kill=129 tgkill=131
    prctl=167 prlimit64=261
""",
}
"""From the kernel's headers (asm/unistd_64.h, asm-generic/unistd.h). A call that an architecture lacks is left out."""


NUMBERS_OF_EXECUTED = {
    "x86_64": "execve=59 epoll_ctl=233 epoll_wait=232 epoll_pwait=281",
    "aarch64": "execve=221 epoll_ctl=21 epoll_pwait=22",
}
"""Of the calls that no other program may make; a table of its own, so that these cannot get into the other filter."""


def numbers(machine: str) -> dict[str, int]:
    """Return the number of each listed call on `machine`; empty for an architecture that is not known."""
    return _read(NUMBERS.get(machine, ""))


def numbers_of_executed(machine: str) -> dict[str, int]:
    """Return the numbers of the calls that only a program that is executed may make."""
    return _read(NUMBERS_OF_EXECUTED.get(machine, ""))


def _read(table: str) -> dict[str, int]:
    pairs = (word.split("=") for word in table.split())
    return {name: int(number) for name, number in pairs}
