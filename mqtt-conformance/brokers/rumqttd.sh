# shellcheck shell=bash
# How rumqttd is installed and started. Each port speaks one version.

title=rumqttd
crate=0.20.0
home=$cache/cargo-rumqttd

install() { (name=rumqttd && cargo_install rumqttd "$crate"); }

version() { echo "$crate"; }

# Starts it with one port, for v4 (3.1.1) or v5.
rumqttd() {
    cat >rumqttd.toml <<EOF
id = 0

[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[$1.1]
name = "$1-1"
listen = "127.0.0.1:$port"
next_connection_delay_ms = 1
    [$1.1.connections]
    connection_timeout_ms = 60000
    max_payload_size = 20480
    max_inflight_count = 100
    dynamic_filters = true
EOF
    exec "$home/bin/rumqttd" -c rumqttd.toml
}
