#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# A network namespace that only a mount, a descriptor, a thread or a socket
# keeps is alive: nobody takes its rules down, and its packets are held on.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

keeper=
# A network namespace that only something of this kind keeps.
keep_by() { # mount|mount-elsewhere|descriptor|socket|thread
	case $1 in
	mount)
		touch "$tmp/kept"
		unshare --net="$tmp/kept" true
		;;
	mount-elsewhere)
		e2e_spawn unshare -m --propagation private sh -c "
			touch $tmp/kept2
			unshare --net=$tmp/kept2 true
			exec sleep 600"
		e2e_until nsenter -m -t "$e2e_pid" \
			mountpoint -q "$tmp/kept2"
		;;
	descriptor)
		e2e_spawn unshare -n sh -c "exec 7</proc/self/ns/net
			exec nsenter --net=/proc/$$/ns/net sleep 600"
		;;
	*)
		e2e_spawn python3 -c "
import ctypes, os, socket, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
home = os.open('/proc/self/ns/net', os.O_RDONLY)
def thread():
    if libc.unshare(0x40000000): os._exit(1)
    time.sleep(600)
if sys.argv[1] == 'thread':
    threading.Thread(target=thread).start()
    time.sleep(600)
libc.unshare(0x40000000)
kept = socket.socket()
libc.setns(home, 0x40000000)
time.sleep(600)" "$1"
		;;
	esac
	keeper=$e2e_pid
}

# In it.
inside() { # KIND COMMAND...
	local kind=$1 netns

	shift
	case $kind in
	mount) nsenter --net="$tmp/kept" "$@" ;;
	mount-elsewhere)
		nsenter --net="/proc/$keeper/root$tmp/kept2" "$@"
		;;
	descriptor) nsenter --net="/proc/$keeper/fd/7" "$@" ;;
	thread)
		netns=$(printf '%s\n' /proc/"$keeper"/task/*/ns/net | tail -1)
		nsenter --net="$netns" "$@"
		;;
	socket)
		python3 -c "
import ctypes, fcntl, os, sys
libc = ctypes.CDLL(None, use_errno=True)
copy = libc.syscall(438, os.pidfd_open(int(sys.argv[1])), int(sys.argv[2]), 0)
if libc.setns(fcntl.ioctl(copy, 0x894c), 0x40000000): sys.exit(1)
os.execvp(sys.argv[3], sys.argv[3:])" "$keeper" 4 "$@"
		;;
	esac
}

is_kept() { # KIND
	local netns

	netns=$(inside "$1" readlink /proc/self/ns/net) && [ -n "$netns" ] &&
		[ "$netns" != "$(readlink /proc/self/ns/net)" ]
}

test_kept() { # KIND
	keep_by "$1"
	e2e_until is_kept "$1"
	inside "$1" ip link add flk type veth peer name flp
	inside "$1" ip link set flk up
	inside "$1" ip link set flp up
	tap_ok "kept by a $1: attach" inside "$1" "$faultline" attach flk \
		--mode tc
	inside "$1" "$faultline" add flk out loss 1% name kept >/dev/null 2>&1
	inside "$1" "$faultline" add flk out delay 5ms name late >/dev/null 2>&1
	at "$far" "$faultline" attach flb >/dev/null 2>&1
	at "$far" "$faultline" detach flb >/dev/null 2>&1
	# For longer than the hold process takes to look around.
	sleep 6
	tap_is "$(inside "$1" "$faultline" stats flk -j |
		jq -r '[.degraded, (.rules | length)] | @text')" \
		"[false,2]" "kept by a $1: the rules stay, and the holder"
	tap_ok "kept by a $1: detach" inside "$1" "$faultline" detach flk
	[ "$1" != mount ] || umount "$tmp/kept"
	[ "$1" = mount ] || e2e_kill "$keeper"
}

e2e_hosts
fl attach fla >/dev/null 2>&1
fl detach fla >/dev/null 2>&1
test_kept mount
test_kept mount-elsewhere
test_kept descriptor
test_kept thread
test_kept socket
tap_done
