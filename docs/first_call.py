"""The first signed call: connects the demo account, waits for its start and reads its summary."""

import hashlib, hmac, json, pathlib, time, urllib.request, uuid

stack = json.loads(pathlib.Path(".local/stack.json").read_text())


def signed(method, path, body):
    data = json.dumps(body).encode()
    timestamp, nonce = str(int(time.time())), str(uuid.uuid4())
    canonical = "\n".join([method, path, timestamp, nonce, hashlib.sha256(data).hexdigest()])
    signature = hmac.new(stack["hmac_key"].encode(), canonical.encode(), hashlib.sha256).hexdigest()
    return call(method, path, data, {
        "X-OneFunders-Key-Id": stack["hmac_key_id"],
        "X-OneFunders-Timestamp": timestamp,
        "X-OneFunders-Nonce": nonce,
        "X-OneFunders-Signature": signature,
    })


def call(method, path, data=None, headers={}):
    request = urllib.request.Request(stack["http"] + path, data, {"Content-Type": "application/json", **headers}, method=method)
    return json.load(urllib.request.urlopen(request))


user = stack["demo_user"]["wp_user_id"]
account = signed("POST", "/api/connect", {
    "login": "5000001", "investor_pass": "demo-investor", "server": "Sim-Demo",
    "account_type": "evaluation-100k", "wp_user_id": user, "initial_balance": 100000,
})
print(account)
token = signed("POST", "/api/auth/exchange", {"wp_user_id": user})["token"]
for _ in range(60):
    summary = call("GET", f"/api/account/{account['account_id']}/summary", headers={"Authorization": f"Bearer {token}"})
    if summary["phase"] != "awaiting_funds":
        break
    time.sleep(1)
print(json.dumps(summary, indent=2))
