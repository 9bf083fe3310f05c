"""A server on this machine that breaks connections when it is told to."""

import hashlib
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = 1 << 18


def md5(payload):
    return f"md5:{hashlib.md5(payload).hexdigest()}"


class Server(ThreadingHTTPServer):
    """Serves ``files``; breaks the connection after ``cut`` bytes, ``cuts`` times.

    Whoever asks for one of ``moved`` is sent on to the address there. What is sent takes
    ``pause_s`` for each ``BLOCK`` bytes.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.cuts, self.cut, self.ranges = {}, 0, 0, True
        self.asked, self.moved, self.pause_s = [], {}, 0.0

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name, server = self.path.lstrip("/"), self.server
        if name in server.moved:
            self.send_response(302)
            self.send_header("Location", server.moved[name])
            return self.end_headers()
        if name not in server.files:
            return self.send_error(404)
        payload = server.files[name]
        given = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(given[1]) if given and server.ranges else 0
        server.asked.append((name, start))
        if start >= len(payload):
            return self.send_error(416)
        self.send_response(206 if given and server.ranges else 200)
        self.send_header("Content-Length", str(len(payload) - start))
        self.end_headers()
        rest = payload[start:]
        if server.cuts:
            server.cuts -= 1
            rest = rest[: server.cut]
        for first in range(0, len(rest), BLOCK):
            self.wfile.write(rest[first : first + BLOCK])
            time.sleep(server.pause_s)
        return None

    def log_message(self, *arguments):
        pass
