"""A server that repeats the secrets it was sent, in each place of an answer from which a message could quote."""
import http.server
import json
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked += 1
        cookies = self.headers.get("Cookie", "")
        if any(secret in cookies for secret in self.server.secrets):
            self.server.sent.append(self.path)
        getattr(self, self.server.way)(" ".join(self.server.secrets))

    do_POST = do_GET

    def answer(self, status, reason, body, **headers):
        body = body.encode()
        self.send_response_only(status, reason)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def reason_of_500(self, text):
        self.answer(500, text, "", X_Echo=text)

    def reason_of_400(self, text):
        self.answer(400, text, text, X_Echo=text)

    def body_of_404(self, text):
        self.answer(404, "Not Found", text)

    def body_of_200(self, text):
        self.answer(200, "OK", f"<html>{text}</html>", Content_Type="text/html")

    def json_error(self, text):
        said = {"result": "error", "code": 10001, "description": text, "message": text, "reason": text, "retriable": False}
        self.answer(200, "OK", json.dumps(said))

    def json_key(self, text):
        self.answer(200, "OK", json.dumps({"result": "ok", "code": 0, "data": {text: [text]}}))

    def path_to_go_to(self, text):
        self.answer(302, "Found", "", Location="/" + text.replace(" ", "/"))

    def host_to_go_to(self, text):
        self.answer(302, "Found", "", Location="http://" + text.replace(" ", ".") + ".invalid/")

    def login_address(self, text):
        """Where to log in is a host made of secrets; everything else is refused as a dead session."""
        if self.path.startswith("/api/user/login"):
            address = "http://" + text.replace(" ", ".") + ".invalid/"
            self.answer(200, "OK", json.dumps({"result": "ok", "code": 0, "data": {"loginUrl": address}}))
        else:
            self.answer(401, text, json.dumps({"result": "error", "code": 401, "description": text}))

    def broken_header(self, text):
        self.wfile.write(f"HTTP/1.1 200 OK\r\n{text}\r\n\r\n".encode())
        self.close_connection = True

    def length_that_is_none(self, text):
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {text}\r\n\r\n".encode())
        self.close_connection = True

    def encoding(self, text):
        self.answer(200, "OK", "x", Content_Encoding=text, Content_Type=text)

    def no_http(self, text):
        self.wfile.write(text.encode())
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that goes away is what is wanted; no word about it."""


class Reflecting:
    WAYS = ("reason_of_500", "reason_of_400", "body_of_200", "json_error", "json_key", "path_to_go_to", "host_to_go_to",
            "login_address", "broken_header", "length_that_is_none", "encoding", "no_http")

    def __init__(self, way, secrets, tls=None):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.way, self.server.secrets, self.server.sent, self.server.asked = way, secrets, [], 0
        if tls:  # the handshake is each connection's own affair, not that of the thread which accepts
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server.server_port}"

    @property
    def sent(self):
        return self.server.sent

    @property
    def asked(self):
        return self.server.asked

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
