# shellcheck shell=bash
# What the scripts of this folder share. Each of them sources this file, says how its broker is installed and started, and ends
# with `broker "$@"`:
#
#   NAME install        installs what is missing
#   NAME start [PORT]   starts it on loopback, on a free port unless one is given; prints address, version and process id
#   NAME stop PORT      ends the process that was started, and removes its folder
#   NAME version        the installed version
#   NAME title          its name for people
#   NAME profile        what it openly lacks, for `run --profile`: empty if nothing
#
# A script defines `title`, `install`, `version` and `launch`; the last one is called in the folder of the broker with $port set, and
# ends in `exec`. It may define `login` (user:password), `profile` (a name or file for --profile) and `patience` (seconds until
# the first CONNACK).
# Debian's packages are installed system-wide, everything else under target/brokers (or $MQTT_BROKERS_CACHE).
set -euo pipefail

name=$(basename "$0")
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${MQTT_BROKERS_CACHE:-$repository/target/brokers}
folders=${TMPDIR:-/tmp}/mqtt-conformance-brokers
login=
profile=
patience=90

fail() {
    echo "$name: $*" >&2
    exit 1
}

# Runs an installation quietly; what it said is shown if it fails.
quietly() {
    local log
    mkdir -p "$cache"
    log=$(mktemp "$cache/$name.XXXXXX.log")
    echo "installing $title" >&2
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -40 "$log" >&2
        fail "could not be installed: $*; the whole log is $log"
    fi
    rm -f "$log"
}

# Installs Debian's packages. Services that a package would start are kept from starting: they would listen on every interface.
debian() {
    dpkg -s "$@" >/dev/null 2>&1 || quietly debian_install "$@"
}

debian_install() {
    local policy=/usr/sbin/policy-rc.d mine=
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        mine=1
    fi
    local status=0
    timeout 180 apt-get update -q || status=$?
    DEBIAN_FRONTEND=noninteractive timeout 900 apt-get install -qy --no-install-recommends "$@" || status=$?
    [[ -z $mine ]] || rm -f "$policy"
    return "$status"
}

# The upstream version of an installed package; the second argument is the tree it is installed in.
debian_version() {
    dpkg-query --admindir "${2:-}/var/lib/dpkg" -W -f '${Version}\n' "$1" | sed 's/^[0-9]*://; s/[-+~].*//'
}

# A Debian testing of its own under $cache/testing-NAME with the named packages, for what stable is too old for.
debian_testing() {
    tree=$cache/testing-$name
    [[ -e $tree/.complete ]] && return
    debian debootstrap
    rm -rf "$tree"
    local packages=$*
    quietly timeout 900 debootstrap --variant=minbase --include="${packages// /,}" testing "$tree"
    touch "$tree/.complete"
}

# Packages of npm under $cache/npm-NAME; the first one is the broker.
npm_install() {
    command -v node >/dev/null && command -v npm >/dev/null || debian nodejs npm
    modules=$cache/npm-$name/node_modules
    [[ $(npm_version "${1%@*}") == "${1##*@}" ]] ||
        quietly timeout 600 npm install --prefix "$cache/npm-$name" --no-save --no-audit --no-fund --loglevel=error "$@"
}

npm_version() {
    node -p "require('$cache/npm-$name/node_modules/$1/package.json').version" 2>/dev/null || true
}

# One pinned package of PyPI (NAME==VERSION) in an environment of its own.
pypi_install() {
    python3 -c 'import ensurepip, venv' 2>/dev/null || debian python3-venv
    python=$cache/python-$name/bin/python3
    if [[ ! -x $python ]]; then
        quietly timeout 120 python3 -m venv "$cache/python-$name"
    fi
    [[ $(pypi_version "${1%%=*}") == "${1##*=}" ]] || quietly timeout 300 "$python" -m pip install -q --disable-pip-version-check "$1"
}

pypi_version() {
    "$cache/python-$name/bin/python3" -c "from importlib.metadata import version; print(version('$1'))" 2>/dev/null || true
}

# One crate, built from source with the machine's Rust: minutes.
cargo_install() {
    local crate=$1 version=$2
    shift 2
    [[ -e $cache/cargo-$name/$crate-$version ]] && return
    quietly env -u CARGO_TARGET_DIR nice -n 5 cargo install --root "$cache/cargo-$name" "$crate" --version "$version" "$@"
    touch "$cache/cargo-$name/$crate-$version"
}

# A port nobody listens on, below those that the system gives to clients.
free_port() {
    local try
    for try in {1..100}; do
        try=$((20000 + RANDOM % 12000))
        if ! (: <"/dev/tcp/127.0.0.1/$try") 2>/dev/null; then
            echo "$try"
            return
        fi
    done
    fail "no free port"
}

# Whether a CONNECT of 3.1.1, or else one of 5.0, is answered by anything that begins like a CONNACK.
answers() {
    local level byte
    for level in '\x04' '\x05\x00'; do
        byte=$(timeout 2 bash -c '
            exec 3<>"/dev/tcp/127.0.0.1/$1"
            case $2 in
                "\x04") printf "\x10\x13\x00\x04MQTT\x04\x02\x00\x3c\x00\x07waiting" >&3 ;;
                *) printf "\x10\x14\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x07waiting" >&3 ;;
            esac
            head -c 1 <&3 | od -An -tx1' - "$1" "$level" 2>/dev/null) || true
        [[ $byte == *20* ]] && return
    done
    return 1
}

start() {
    install
    port=${1:-$(free_port)}
    folder=$folders/$name-$port
    [[ ! -e $folder ]] || fail "$folder exists: stop it first with '$0 stop $port'"
    mkdir -p "$folder"
    # With job control, the broker leads a process group of its own.
    set -m
    (
        cd "$folder"
        exec </dev/null >>log 2>&1
        export HOME=$folder TMPDIR=$folder
        launch
    ) &
    set +m
    local pid=$! begin=$SECONDS
    echo "$pid" >"$folder/pid"
    until answers "$port"; do
        if ! kill -0 "$pid" 2>/dev/null; then
            tail -20 "$folder/log" >&2
            stop "$port"
            fail "ended before it answered"
        fi
        if ((SECONDS - begin > patience)); then
            tail -20 "$folder/log" >&2
            stop "$port"
            fail "no CONNACK within $patience s"
        fi
        sleep 0.1
    done
    echo "mqtt://${login:+$login@}127.0.0.1:$port $(version) $pid"
}

stop() {
    local folder=$folders/$name-${1:?which port?} pid
    [[ -e $folder/pid ]] || fail "none was started on port $1"
    pid=$(<"$folder/pid")
    kill -TERM -- "-$pid" 2>/dev/null || true
    for _ in {1..50}; do
        kill -0 -- "-$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
    rm -rf "$folder"
}

broker() {
    local command=${1:-}
    shift || true
    case $command in
        install) install ;;
        start) start "$@" ;;
        stop) stop "$@" ;;
        version) version ;;
        profile) echo "$profile" ;;
        title) echo "$title" ;;
        *)
            echo "usage: $0 install | start [PORT] | stop PORT | version | title | profile" >&2
            exit 64
            ;;
    esac
}
