#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>
#include <sys/socket.h>

int clinux_socket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

int clinux_accept(int listener, void *peer) {
    socklen_t size = sizeof(struct sockaddr_storage);
    return accept4(listener, peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void clinux_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }
