// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Generates one image as a script in a local-exec provisioner would, with fal's
// client: what the comparison holds the provider against.

import { writeFile } from "node:fs/promises";

import { clientFor } from "./emulator.js";

const [prompt, seed, file] = process.argv.slice(2);
const client = clientFor({ url: process.env.EMULATOR_URL });
const { data, requestId } = await client.subscribe("fal-ai/flux-2-dev", {
  input: { prompt, seed: Number(seed), image_size: "square" },
});
await writeFile(file, JSON.stringify({ requestId, ...data }));
