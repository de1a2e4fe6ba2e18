# shellcheck shell=bash
# How RabbitMQ is started, whichever release it is.

title=RabbitMQ
profile=rabbitmq

# Starts it with its data in the folder $1; the words behind that go before each command.
rabbitmq() {
    local home=$1 epmd distribution
    shift
    epmd=$(free_port) distribution=$(free_port)
    local file=$folder/data
    [[ -d $file ]] || file=$folder
    cat >"$file/rabbitmq.conf" <<EOF
listeners.tcp = none
mqtt.listeners.tcp.1 = 127.0.0.1:$port
mqtt.allow_anonymous = true
log.console = true
log.file = false
EOF
    echo '[rabbitmq_mqtt].' >"$file/enabled_plugins"
    # Name service and distribution on loopback, with ports of their own: several may run beside each other.
    export HOME=$home ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd
    export RABBITMQ_NODENAME=conformance@localhost RABBITMQ_DIST_PORT=$distribution
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
    export RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins
    export RABBITMQ_MNESIA_BASE=$home/data RABBITMQ_LOG_BASE=$home/logs RABBITMQ_PID_FILE=$home/server.pid
    export RABBITMQ_FEATURE_FLAGS_FILE=$home/feature_flags
    "$@" epmd -address 127.0.0.1 -port "$epmd" &
    exec "$@" /usr/lib/rabbitmq/bin/rabbitmq-server
}
