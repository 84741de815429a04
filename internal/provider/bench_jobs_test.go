// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"fmt"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// benchImages declares so many images; split says that another resource waits
// for them.
func benchImages(count int, split bool) string {
	config := fmt.Sprintf(`
resource "flux2_image" "art" {
  for_each = toset([for i in range(%d) : tostring(i)])

  prompt              = "a lighthouse at dusk"
  image_size          = "square"
  keepers             = { i = each.key }
  wait_for_completion = %t
}
`, count, !split)
	if split {
		config += `
resource "flux2_image_result" "art" {
  for_each = flux2_image.art

  request_id  = each.value.request_id
  endpoint_id = each.value.endpoint_id
}
`
	}
	return config
}

// benchData is the same graph with the engine's own resource, which does nothing.
func benchData(count int, split bool) string {
	config := fmt.Sprintf(`
terraform {
  required_providers {
  }
}

resource "terraform_data" "art" {
  for_each = toset([for i in range(%d) : tostring(i)])

  input = { prompt = "a lighthouse at dusk", image_size = "square", i = each.key }
}
`, count)
	if split {
		config += `
resource "terraform_data" "result" {
  for_each = terraform_data.art

  input = { request_id = each.value.id }
}
`
	}
	return config
}

// peerAddress is that of a provider for any REST API.
const peerAddress = "magodo/restful"

// peerImages does the same job with it, in the fewest calls that it knows. It asks
// once a second, which is the least that it takes.
func peerImages(emulator string, count int, split bool) string {
	config := fmt.Sprintf(`
terraform {
  required_providers {
    restful = {
      source = %q
    }
  }
}

provider "restful" {
  base_url = "%s/queue"
  security = {
    apikey = [{ in = "header", name = "Authorization", value = "Key %s" }]
  }
}
`, peerAddress, emulator, acctest.Key)
	if split {
		return config + fmt.Sprintf(`
resource "restful_operation" "art" {
  for_each = toset([for i in range(%d) : tostring(i)])

  path   = "/fal-ai/flux-2-dev"
  method = "POST"
  body   = { prompt = "a lighthouse at dusk", image_size = "square", seed = tonumber(each.key) }
}

resource "restful_operation" "result" {
  for_each = restful_operation.art

  path   = "/fal-ai/flux-2-dev/requests/${each.value.output.request_id}"
  method = "GET"
  precheck = [{
    api = {
      path              = "/fal-ai/flux-2-dev/requests/${each.value.output.request_id}/status"
      status_locator    = "body.status"
      status            = { success = "COMPLETED", pending = ["IN_QUEUE", "IN_PROGRESS"] }
      default_delay_sec = 1
    }
  }]
}
`, count)
	}
	return config + fmt.Sprintf(`
resource "restful_resource" "art" {
  for_each = toset([for i in range(%d) : tostring(i)])

  path      = "/fal-ai/flux-2-dev"
  read_path = "$(path)/requests/$(body.request_id)"
  body      = { prompt = "a lighthouse at dusk", image_size = "square", seed = tonumber(each.key) }
  poll_create = {
    url_locator       = "body.status_url"
    status_locator    = "body.status"
    status            = { success = "COMPLETED", pending = ["IN_QUEUE", "IN_PROGRESS"] }
    default_delay_sec = 1
  }
}
`, count)
}
