#!/usr/bin/env bash
# HAProxy takes every checked server for up when it starts, until its first check fails (`UP 1/3` in `show stat`). In front of
# PostgreSQL with Patroni's own example (inter 3s) connections come to the standby meanwhile: writes there fail with 25006,
# "cannot execute INSERT in a read-only transaction". Billbridge is not involved.
#
# Needs Debian's haproxy and python3. Seen with HAProxy 2.6.12 (Debian 12), three times of three:
#   15 of 291 connections came to the standby, the last one 1.5 s after HAProxy began to listen
set -euo pipefail
command -v haproxy >/dev/null || { echo 'apt-get install -y haproxy'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/play.py" <<'PYTHON'
import http.server, socket, subprocess, sys, threading, time

folder = sys.argv[1]

def free():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

# Two members: what they say of themselves, and a service that says which one it is.
def member(word, status):
    class Rest(http.server.BaseHTTPRequestHandler):
        def do_OPTIONS(self):
            self.send_response(status)
            self.end_headers()
        def log_message(self, *_):
            pass
    rest = http.server.ThreadingHTTPServer(('127.0.0.1', free()), Rest)
    threading.Thread(target=rest.serve_forever, daemon=True).start()
    service = socket.create_server(('127.0.0.1', 0), backlog=64)
    def serve():
        while True:
            connection, _ = service.accept()
            connection.sendall(word)
            connection.close()
    threading.Thread(target=serve, daemon=True).start()
    return service.getsockname()[1], rest.server_address[1]

primary, standby = member(b'primary', 200), member(b'standby', 503)
port = free()
with open(f'{folder}/haproxy.cfg', 'w') as f:
    f.write(f'''
defaults
    mode tcp
    timeout client 30s
    timeout connect 4s
    timeout server 30s
listen primary
    bind 127.0.0.1:{port}
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions
    server db1 127.0.0.1:{primary[0]} check port {primary[1]}
    server db2 127.0.0.1:{standby[0]} check port {standby[1]}
''')
haproxy = subprocess.Popen(['haproxy', '-db', '-f', f'{folder}/haproxy.cfg'], stderr=subprocess.DEVNULL)
try:
    begun = None
    wrong, asked, last = 0, 0, 0.0
    while begun is None or time.monotonic() - begun < 15:
        try:
            with socket.create_connection(('127.0.0.1', port), 1) as s:
                word = s.recv(16)
        except OSError:
            if begun is not None:
                raise
            continue
        begun = begun or time.monotonic()
        asked += 1
        if word == b'standby':
            wrong += 1
            last = time.monotonic() - begun
        time.sleep(0.05)
    print(f'{wrong} of {asked} connections came to the standby, the last one {last:.1f} s after HAProxy began to listen')
    sys.exit(0 if wrong > 0 else 1)
finally:
    haproxy.kill()
PYTHON
python3 "$folder/play.py" "$folder"
