# SPDX-License-Identifier: Apache-2.0
"""Serves the files of a folder, to GET and POST alike: web.py PORT FOLDER."""
import http.server
import os
import sys


class Files(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        path = os.path.join(sys.argv[2], os.path.basename(self.path))
        if not os.path.exists(path):
            self.send_error(404)
            return
        with open(path, 'rb') as file:
            body = file.read()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = answer
    do_POST = answer


http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Files).serve_forever()
