#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Starts and stops the databases of a test in a directory of its own, on unix
# sockets there: backend.sh redis-start|redis-stop|sqlite-make|pgsql-start|
# pgsql-stop|standby-start|standby-promote|standby-stop|mail-start|mail-stop|
# sentinel-start|sentinel-stop DIR. Mail servers
# listen on loopback, see DIR/mail/ports; so do Redis with Sentinels, see
# DIR/sentinel/ports.
set -eu

action=$1
dir=$2
top=$(cd "$(dirname "$0")/../.." && pwd)

# PostgreSQL refuses to run as root; any other user runs it as himself.
as_postgres() {
    if test "$(id -u)" = 0; then
        setpriv --reuid=postgres --regid=postgres --clear-groups \
            env HOME="$dir" "$@"
    else
        "$@"
    fi
}

pgsql_bin() {
    for bin in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>&1 || :)"; do
        if test -x "$bin/initdb"; then
            echo "$bin"
            return 0
        fi
    done
    echo "no PostgreSQL server programs found" >&2
    return 1
}

pgsql_start() {
    bin=$(pgsql_bin)
    mkdir -p "$dir/pgsql"
    test "$(id -u)" != 0 || chown postgres "$dir/pgsql"
    if ! test -d "$dir/pgsql/data"; then
        as_postgres "$bin/initdb" -D "$dir/pgsql/data" -U npie -A trust \
            -E UTF8 --no-locale --no-sync > "$dir/initdb.log" 2>&1
        fresh=yes
    fi
    as_postgres "$bin/pg_ctl" -D "$dir/pgsql/data" -w -t 60 \
        -l "$dir/pgsql/log" \
        -o "-c listen_addresses='' -c unix_socket_directories='$dir/pgsql' -c shared_buffers=8MB -c max_connections=${NPIE_PGSQL_CONNECTIONS:-10} -c fsync=off" \
        start > "$dir/pg_ctl.log" 2>&1
    if test "${fresh:-no}" = yes; then
        psql -q -h "$dir/pgsql" -U npie -d postgres -c \
            'CREATE DATABASE npie'
        psql -q -h "$dir/pgsql" -U npie -d npie -v ON_ERROR_STOP=1 \
            $(printf -- '-f %s ' "$top"/conf/sql/pgsql/*.sql)
    fi
}

# A certificate of one name, by the authority of the mail servers.
mail_certificate() {
    printf 'subjectAltName=%s\n' "$2" > "$dir/mail/ext"
    openssl req -new -key "$dir/mail/key.pem" -subj "/CN=$1" |
        openssl x509 -req -CA "$dir/mail/ca.pem" -CAkey "$dir/mail/key.pem" \
            -days 2 -extfile "$dir/mail/ext" -out "$dir/mail/$1.pem"
}

mail_start() {
    mkdir -p "$dir/mail"
    test -e "$dir/mail/key.pem" || {
        openssl ecparam -name prime256v1 -genkey -noout -out "$dir/mail/key.pem"
        openssl req -x509 -new -key "$dir/mail/key.pem" -days 2 \
            -subj '/CN=Mail test CA' -out "$dir/mail/ca.pem"
        mail_certificate cert DNS:localhost,IP:127.0.0.1
        mail_certificate other DNS:other.example
    } > "$dir/mail/openssl.out" 2>&1
    test ! -e "$dir/mail/ports" || mv "$dir/mail/ports" "$dir/mail/ports.before"
    # The caller ends it with mail-stop.
    "${NODE:-node}" "$top/t/browser/lib/mailserver.mjs" "$dir/mail" \
        > "$dir/mail/log" 2>&1 &
    echo $! > "$dir/mail/pid"
    n=0
    until test -e "$dir/mail/ports"; do
        n=$((n + 1))
        if test $n -gt 600 || ! kill -0 "$(cat "$dir/mail/pid")"; then
            cat "$dir/mail/log" >&2
            return 1
        fi
        sleep 0.05
    done
}

# Ports on loopback that nobody listens on.
ports_free() {
    perl -MIO::Socket::INET -e 'my @held = map { IO::Socket::INET->new(Listen => 1,
        LocalAddr => "127.0.0.1") or die "no port: $!" } 1 .. shift;
        print join(" ", map { $_->sockport } @held), "\n"' "$1"
}

# redis_at NAME PORT ARGUMENT...: a server in the background, until it answers.
redis_at() {
    name=$1
    port=$2
    shift 2
    mkdir -p "$dir/sentinel/$name"
    redis-server "$@" --port "$port" --bind 127.0.0.1 --daemonize yes \
        --dir "$dir/sentinel/$name" --pidfile "$dir/sentinel/$name/pid" \
        --logfile "$dir/sentinel/$name/log" > "$dir/sentinel/$name/out"
    n=0
    until redis-cli -p "$port" ping 2>&1 | grep -q PONG; do
        n=$((n + 1))
        test $n -lt 200
        sleep 0.05
    done
}

# A master, a replica and three Sentinels that wait half a second.
sentinel_start() {
    mkdir -p "$dir/sentinel"
    ports_free 5 > "$dir/sentinel/ports"
    read -r one two s1 s2 s3 < "$dir/sentinel/ports"
    redis_at one "$one" --save '' --appendonly no --repl-diskless-sync-delay 0
    redis_at two "$two" --save '' --appendonly no --repl-diskless-sync-delay 0 \
        --replicaof "127.0.0.1 $one"
    for port in "$s1" "$s2" "$s3"; do
        cat > "$dir/sentinel/$port.conf" <<CONF
sentinel monitor npie 127.0.0.1 $one 2
sentinel down-after-milliseconds npie 500
sentinel failover-timeout npie 2000
CONF
        redis_at "s$port" "$port" "$dir/sentinel/$port.conf" --sentinel
    done
    # Once they know the replica and each other, a failover can be.
    n=0
    until redis-cli -p "$s3" sentinel master npie | paste - - |
        grep -cE '^(num-slaves	1|num-other-sentinels	2)$' | grep -q 2; do
        n=$((n + 1))
        test $n -lt 300
        sleep 0.1
    done
}

sentinel_stop() {
    for pid in "$dir"/sentinel/*/pid; do
        kill -CONT "$(cat "$pid")" 2> /dev/null || :
        kill -KILL "$(cat "$pid")" 2> /dev/null || :
    done
}

# A standby of the server in pgsql/, by streaming.
standby_start() {
    bin=$(pgsql_bin)
    mkdir -p "$dir/standby"
    test "$(id -u)" != 0 || chown postgres "$dir/standby"
    as_postgres "$bin/pg_basebackup" -h "$dir/pgsql" -U npie -R -X stream \
        -c fast -N -D "$dir/standby/data" > "$dir/basebackup.log" 2>&1
    as_postgres "$bin/pg_ctl" -D "$dir/standby/data" -w -t 60 \
        -l "$dir/standby/log" \
        -o "-c listen_addresses='' -c unix_socket_directories='$dir/standby' -c shared_buffers=8MB -c max_connections=10 -c fsync=off" \
        start > "$dir/standby.log" 2>&1
}

case $action in
standby-start)
    standby_start
    ;;
standby-promote)
    as_postgres "$(pgsql_bin)/pg_ctl" -D "$dir/standby/data" -w promote \
        > "$dir/promote.log" 2>&1
    ;;
standby-stop)
    as_postgres "$(pgsql_bin)/pg_ctl" -D "$dir/standby/data" -w -m immediate \
        stop > "$dir/standby.log" 2>&1
    ;;
sentinel-start)
    sentinel_start
    ;;
sentinel-stop)
    sentinel_stop
    ;;
redis-start)
    # The caller ends it with redis-stop; daemonize returns once it listens.
    redis-server --port 0 --unixsocket "$dir/redis.sock" --dir "$dir" \
        --save '' --appendonly no --pidfile "$dir/redis.pid" \
        --logfile "$dir/redis.log" --daemonize yes > "$dir/redis.out"
    n=0
    until redis-cli -s "$dir/redis.sock" ping 2>&1 | grep -q PONG; do
        n=$((n + 1))
        test $n -lt 100
        sleep 0.05
    done
    ;;
redis-stop)
    redis-cli -s "$dir/redis.sock" shutdown nosave
    n=0
    while test -e "$dir/redis.sock"; do
        n=$((n + 1))
        test $n -lt 100
        sleep 0.05
    done
    ;;
sqlite-make)
    cat "$top"/conf/sql/sqlite/*.sql |
        sqlite3 -bail "$dir/registry.db" > "$dir/sqlite.out"
    ;;
pgsql-start)
    pgsql_start
    ;;
pgsql-stop)
    as_postgres "$(pgsql_bin)/pg_ctl" -D "$dir/pgsql/data" -w -m immediate \
        stop > "$dir/pg_ctl.log" 2>&1
    ;;
mail-start)
    mail_start
    ;;
mail-stop)
    kill "$(cat "$dir/mail/pid")"
    ;;
*)
    echo "$0: what is $action?" >&2
    exit 2
    ;;
esac
