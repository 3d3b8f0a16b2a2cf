# Python's requests, for the benchmark of sending. Checks nothing of a message. Never sends to the API.
#   python3 requests_peer.py MODE BASE_URL CA_FILE COUNT WARM_UP BODY_FILE
# MODE: blocking (a session, which keeps its connection) or reconnect (requests.post, which keeps nothing).
import json
import sys
import time

import requests

TOKEN = "EAABwzLixnjYBO" + "0" * 70


def sender(mode, base_url, ca_file, message):
    url = base_url + "/v26.0/106540352242922/messages"
    headers = {"Authorization": "Bearer " + TOKEN}
    session = requests.Session()
    post = session.post if mode == "blocking" else requests.post

    def send():
        answer = post(url, json=message, headers=headers, verify=ca_file, timeout=30)
        assert answer.status_code == 200
        assert isinstance(answer.json()["messages"][0]["id"], str)

    return send


def peak():
    try:
        with open("/proc/self/status") as status:
            return next((line.split()[1] for line in status if line.startswith("VmHWM:")), "0")
    except OSError:
        return "0"


def main():
    mode, base_url, ca_file, count, warm_up, body_file = sys.argv[1:]
    with open(body_file) as body:
        send = sender(mode, base_url, ca_file, json.load(body))
    for _ in range(int(warm_up)):
        send()
    latencies = []
    wall, cpu = time.monotonic(), time.process_time()
    for _ in range(int(count)):
        started = time.monotonic()
        send()
        latencies.append(time.monotonic() - started)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    latencies.sort()
    n = len(latencies)
    print("cpu=%.3f rate=%.1f p50=%.1f p99=%.1f peak=%s" % (
        cpu * 1e6 / n, n / wall, latencies[n // 2] * 1e6, latencies[n * 99 // 100] * 1e6, peak()))


main()
