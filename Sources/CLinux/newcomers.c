#include "CLinux.h"

#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int clinux_ignore_newcomers(int listener) {
    // Whoever begins a handshake sends SYN without ACK. A packet of which 0 bytes are kept is dropped.
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TH_SYN | TH_ACK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TH_SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog filter = {sizeof program / sizeof program[0], program};
    return setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}
