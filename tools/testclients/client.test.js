// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ApiError, ValidationError } from "@fal-ai/client";

import { clientFor, startEmulator } from "./emulator.js";

const MODEL = "fal-ai/flux-2-dev";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const input = { prompt: "a lighthouse at dusk", seed: 7, image_size: "square" };

let emulator;
before(async () => {
  emulator = await startEmulator("-queue-time", "100ms", "-run-time", "400ms");
});
after(async () => {
  assert.equal(await emulator.stop(), 0);
});

/** Checks a result, and that its picture is there. */
async function checkResult(result) {
  assert.match(result.requestId, UUID);
  assert.equal(result.data.seed, 7);
  assert.deepEqual(result.data.has_nsfw_concepts, [false]);
  assert.equal(result.data.prompt, input.prompt);
  assert.equal(typeof result.data.timings.inference, "number");
  const [image] = result.data.images;
  assert.deepEqual([image.content_type, image.width, image.height], ["image/png", 512, 512]);
  const response = await fetch(image.url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "image/png");
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(bytes.length, image.file_size);
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
}

/** The statuses of a list of updates, without repetitions. */
function phases(updates) {
  return updates.map((update) => update.status).filter((status, i, all) => status !== all[i - 1]);
}

test("run", async () => {
  const seen = [];
  await checkResult(await clientFor(emulator, { seen }).run(MODEL, { input }));
  assert.deepEqual(seen, [`POST /run/${MODEL}`]);
});

test("subscribe by polling, with logs", async () => {
  const updates = [];
  const seen = [];
  let enqueued;
  const result = await clientFor(emulator, { seen }).subscribe(MODEL, {
    input,
    logs: true,
    pollInterval: 20,
    onEnqueue: (id) => {
      enqueued = id;
    },
    onQueueUpdate: (update) => updates.push(update),
  });
  await checkResult(result);
  assert.equal(result.requestId, enqueued);
  assert.deepEqual(phases(updates), ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]);
  assert.equal(updates[0].queue_position, 0);
  assert.equal(typeof updates.at(-1).metrics.inference_time, "number");
  checkLogs(updates.at(-1).logs);
  assert.equal(seen[0], `POST /queue/${MODEL}`);
  assert.equal(seen.at(-1), `GET /queue/${MODEL}/requests/${enqueued}`);
  assert.equal(seen.filter((call) => call.startsWith("POST")).length, 1);
});

test("subscribe by streaming, with logs", async () => {
  const updates = [];
  const seen = [];
  const result = await clientFor(emulator, { seen }).subscribe(MODEL, {
    input,
    logs: true,
    mode: "streaming",
    onQueueUpdate: (update) => updates.push(structuredClone(update)),
  });
  await checkResult(result);
  assert.deepEqual(phases(updates), ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]);
  // The client adds up the logs of all frames, so none may come twice.
  checkLogs(updates.at(-1).logs);
  assert.deepEqual(seen.map((call) => call.split(" ")[0]), ["POST", "GET", "GET"]);
  assert.match(seen[1], /\/status\/stream\?logs=1$/);
});

function checkLogs(logs) {
  assert.deepEqual(
    logs.map((line) => line.message),
    ["Loading the prompt", "step 7/28", "step 14/28", "step 21/28", "step 28/28"],
  );
  for (const line of logs) {
    assert.deepEqual(Object.keys(line).sort(), ["level", "message", "source", "timestamp"]);
  }
}

test("submit, status and result", async () => {
  const { queue } = clientFor(emulator);
  const submitted = await queue.submit(MODEL, { input, priority: "low", startTimeout: 30 });
  assert.match(submitted.request_id, UUID);
  assert.equal(submitted.status, "IN_QUEUE");
  const requestId = submitted.request_id;
  const status = await queue.status(MODEL, { requestId });
  assert.equal(status.request_id, requestId);
  assert.notEqual(status.status, "COMPLETED");
  await assert.rejects(queue.result(MODEL, { requestId }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 400);
    assert.equal(error.body.detail, "Request is still in progress");
    return true;
  });
  await queue.subscribeToStatus(MODEL, { requestId, pollInterval: 20 });
  await checkResult(await queue.result(MODEL, { requestId }));
});

test("cancel", async () => {
  const { queue } = clientFor(emulator);
  const { request_id: requestId } = await queue.submit(MODEL, { input });
  await queue.cancel(MODEL, { requestId });
  const status = await queue.status(MODEL, { requestId });
  assert.equal(status.status, "COMPLETED");
  assert.equal(status.error_type, "client_cancelled");
  await assert.rejects(queue.result(MODEL, { requestId }), { name: "ApiError", status: 499 });
  await assert.rejects(queue.cancel(MODEL, { requestId }), (error) => {
    assert.equal(error.status, 400);
    assert.deepEqual(error.body, { status: "ALREADY_COMPLETED" });
    return true;
  });
});

test("validation error", async () => {
  const wrong = clientFor(emulator).subscribe(MODEL, {
    input: { ...input, num_images: 9, image_size: { width: 100, height: 512 } },
    pollInterval: 20,
  });
  await assert.rejects(wrong, (error) => {
    assert.ok(error instanceof ValidationError);
    assert.equal(error.status, 422);
    assert.match(error.requestId, UUID);
    assert.deepEqual(
      error.fieldErrors.map((field) => [field.loc.join("."), field.type]),
      [
        ["body.image_size.width", "greater_than_equal"],
        ["body.num_images", "less_than_equal"],
      ],
    );
    assert.equal(error.getFieldErrors("num_images").length, 1);
    return true;
  });
});

test("rejected key", async () => {
  const client = clientFor(emulator, { key: "only-the-id" });
  await assert.rejects(client.run(MODEL, { input }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 401);
    assert.match(error.body.detail, /Invalid Key Authorization header format/);
    return true;
  });
  await assert.rejects(client.queue.submit(MODEL, { input }), { name: "ApiError", status: 401 });
});

test("unknown application", async () => {
  await assert.rejects(clientFor(emulator).queue.submit("fal-ai/nonsense", { input }), (error) => {
    assert.equal(error.status, 404);
    assert.equal(error.body.detail, 'Application "fal-ai/nonsense" not found');
    return true;
  });
});

test("data URI", async () => {
  const result = await clientFor(emulator).subscribe(MODEL, {
    input: { ...input, sync_mode: true, output_format: "jpeg" },
    pollInterval: 20,
  });
  assert.match(result.data.images[0].url, /^data:image\/jpeg;base64,/);
});
