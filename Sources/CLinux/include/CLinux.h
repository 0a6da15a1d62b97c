// What Linux has and Swift's Glibc module does not import: epoll, eventfd, accept4 and names of threads.
#pragma once

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// A TCP socket of an address family that neither blocks nor survives exec. -1 and errno on failure.
int clinux_socket(int family);

// accept4 with the same two properties. `peer` has room for a struct sockaddr_storage. -1 and errno on failure.
int clinux_accept(int listener, void *peer);

// Lets a listening TCP socket ignore whoever wants to connect from now on, and still end the handshakes that have begun.
// -1 and errno on failure.
int clinux_ignore_newcomers(int listener);

// Names the calling thread, as shown by top -H and debuggers; at most 15 bytes.
void clinux_name_thread(const char *name);

// Whether the byte of a file at `offset` can be read without waiting for a disk; 1 as well where nobody can tell.
int clinux_is_in_memory(int file, int64_t offset);
