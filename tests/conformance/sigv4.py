"""Signature Version 4 of Amazon S3, as a server checks it: written from Amazon's description ("Authenticating Requests", S3
API reference), sharing nothing with the program that signs."""
import datetime
import hashlib
import hmac
import re
import urllib.parse

LONGEST_SKEW_S = 15 * 60
UNSIGNED = "UNSIGNED-PAYLOAD"


class Refused(Exception):
    """`code`: of the <Error> to answer with; `more`: further elements of it."""

    def __init__(self, code, message, status=403, **more):
        super().__init__(message)
        self.code, self.message, self.status, self.more = code, message, status, more


def encoded(data):
    return urllib.parse.quote(data, safe="-_.~")


def pairs_of(query):
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        pairs.append((urllib.parse.unquote_to_bytes(name), urllib.parse.unquote_to_bytes(value)))
    return pairs


def canonical_query(pairs):
    return "&".join(f"{name}={value}" for name, value in sorted((encoded(n), encoded(v)) for n, v in pairs))


def signing_key(secret, day, region, service):
    key = b"AWS4" + secret.encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def canonical_request(request, pairs, signed, payload_hash):
    lines = [request.method, urllib.parse.quote(request.path, safe="/-_.~"), canonical_query(pairs)]
    for name in signed:
        values = request.headers.get_all(name)
        if values is None:
            raise Refused("SignatureDoesNotMatch", f"the signed header {name} is not there")
        lines.append(name + ":" + ",".join(re.sub(r" +", " ", value.strip()) for value in values))
    return "\n".join([*lines, "", ";".join(signed), payload_hash])


def from_header(request):
    text = request.header("Authorization")
    if text is None:
        raise Refused("AccessDenied", "Access Denied")
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})", text)
    if not match:
        raise Refused("AuthorizationHeaderMalformed", "not a Signature Version 4 header", 400)
    payload_hash = request.header("x-amz-content-sha256")
    if payload_hash is None:
        raise Refused("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400)
    if payload_hash != UNSIGNED and payload_hash != hashlib.sha256(request.body).hexdigest():
        raise Refused("XAmzContentSHA256Mismatch", "the body is another one", 400)
    return {"credential": match[1], "signed": match[2].split(";"), "signature": match[3], "hash": payload_hash,
            "date": request.header("x-amz-date") or "", "pairs": pairs_of(request.query_text), "lives": None,
            "token": request.header("x-amz-security-token")}


def from_query(request):
    given = request.query
    pairs = [(n, v) for n, v in pairs_of(request.query_text) if n != b"X-Amz-Signature"]
    return {"credential": given.get("X-Amz-Credential", ""), "signed": given.get("X-Amz-SignedHeaders", "").split(";"),
            "signature": given.get("X-Amz-Signature", ""), "hash": UNSIGNED, "date": given.get("X-Amz-Date", ""),
            "pairs": pairs, "lives": int(given.get("X-Amz-Expires", "0")), "token": given.get("X-Amz-Security-Token")}


def check_time(text, lives, now):
    try:
        made = datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
    except ValueError:
        raise Refused("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header") from None
    if lives is not None:
        if now > made + lives:
            raise Refused("AccessDenied", "Request has expired")
    elif abs(now - made) > LONGEST_SKEW_S:
        raise Refused("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")


def check(request, keys, region, now, session_token=None):
    """Raises Refused unless the request is signed with one of `keys` (id -> secret), for `region`, at the time `now`."""
    given = from_query(request) if "X-Amz-Signature" in request.query else from_header(request)
    parts = given["credential"].split("/")
    if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"] or parts[1] != given["date"][:8]:
        raise Refused("AuthorizationHeaderMalformed", "the credential's scope is malformed", 400)
    key_id, day, scope_region = parts[:3]
    if key_id not in keys:
        raise Refused("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    if scope_region != region:
        raise Refused("AuthorizationHeaderMalformed",
                      f"The authorization header is malformed; the region '{scope_region}' is wrong; expecting '{region}'",
                      400, Region=region)
    check_time(given["date"], given["lives"], now)
    if given["token"] != session_token:
        raise Refused("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)
    signed = given["signed"]
    needed = {"host"} | {name.lower() for name in request.headers.keys() if name.lower().startswith("x-amz-")}
    if signed != sorted(signed) or (given["lives"] is None and not needed <= set(signed)) or "host" not in signed:
        raise Refused("AccessDenied", f"There were headers present in the request which were not signed: {needed - set(signed)}")
    canonical = canonical_request(request, given["pairs"], signed, given["hash"])
    scope = "/".join(parts[1:])
    text = "\n".join(["AWS4-HMAC-SHA256", given["date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    right = hmac.new(signing_key(keys[key_id], day, scope_region, "s3"), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, given["signature"]):
        raise Refused("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.",
                      AWSAccessKeyId=key_id, StringToSign=text)
