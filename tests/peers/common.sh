# Shared by the peers that are one process each: a folder of their own, a free port, a pid file. Sourced, not run.
# shellcheck shell=bash
set -euo pipefail

peer=$(basename "$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)")
here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
home=${RIDEAU_TEST_HOME:-/var/tmp/rideau-tests-$(id -u)}/$peer

die() {
    echo "$peer: $*" >&2
    exit 1
}

# One caller at a time; the second finds what the first started. Children must not inherit it: 9>&-
alone() {
    mkdir -p "$home"
    exec 9>"$home/.starting"
    flock -w 600 9 || die "another call holds $home/.starting"
}

# alive <pid file> <what its command line holds>: a pid that was given to another program does not count.
alive() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 1
    [ -n "$pid" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$2"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port <from> <to>
free_port() {
    local port
    for port in $(seq "$1" "$2"); do
        answers "$port" || {
            echo "$port"
            return
        }
    done
    die "no free port between $1 and $2"
}

# launch <port> <command …>: in the background, until it answers; its pid in $home/pid, its port in $home/port.
launch() {
    local port=$1
    shift
    setsid "$@" >"$home/log" 2>&1 </dev/null 9>&- &
    echo $! >"$home/pid"
    for _ in $(seq 300); do
        answers "$port" && {
            echo "$port" >"$home/port"
            return
        }
        kill -0 "$(cat "$home/pid")" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$home/log" >&2
    die "did not start"
}

# stop_process <pid file> <what its command line holds>
stop_process() {
    if alive "$1" "$2"; then
        local pid
        pid=$(cat "$1")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 50); do
            alive "$1" "$2" || break
            sleep 0.1
        done
        ! alive "$1" "$2" || kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$1"
}

# venv <requirement …>: a virtual environment in $home/venv that holds exactly these pins.
venv() {
    local stamp="$*"
    if [ "$(cat "$home/venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
        rm -rf "$home/venv"
        python3 -m venv "$home/venv"
        "$home/venv/bin/pip" install -q --disable-pip-version-check --no-input "$@" >"$home/pip.log" 2>&1 || {
            tail -n 5 "$home/pip.log" >&2
            die "pip failed"
        }
        echo "$stamp" >"$home/venv/.stamp"
    fi
}
