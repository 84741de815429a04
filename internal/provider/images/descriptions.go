// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"strings"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// describe holds the descriptions of what fal says about a request, which
// resources and data sources share.
var describe = map[string]string{
	"request_id":          attributes.RequestIDDescription,
	"status":              "The last known status of the request: `IN_QUEUE`, `IN_PROGRESS` or `COMPLETED`. A failed request is `COMPLETED` too.",
	"url":                 "The URL of the first image. Null until there is one. A data URI is in `images` only, and then this is null, too.",
	"images":              "The images, in the order in which fal returned them. Null until the request has been collected.",
	"images.url":          "The URL of the image: `https`, or a data URI with `sync_mode`. fal may delete the file behind it after a while.",
	"images.content_type": "The media type, such as `image/png`. Null if fal does not say.",
	"images.file_name":    "The file name that fal gave to the image. Null if fal does not say.",
	"images.file_size":    "The size of the file in bytes. Null if fal does not say.",
	"images.width":        "The delivered width in pixels. Null if fal does not say.",
	"images.height":       "The delivered height in pixels. Null if fal does not say.",
	"expanded_prompt":     "The prompt that fal says it used. Null if fal does not say.",
	"has_nsfw_concepts":   "For each image, whether the safety checker flagged it. A flagged image is black. Null if fal does not say.",
	"timings":             "How long each phase of the generation took, in seconds. Null if fal does not say.",
	"billable_units":      "The number of units that fal billed for the request. Null if fal does not say.",
	"media_available":     "Whether fal still has the files of all URLs, as far as the provider knows. Null until there are files.",
	"error":               "Why fal made no image. Null for a request that has not failed.",
	"created_at":          "When fal accepted the request, in RFC 3339 form. Null if it is not known.",
}

func backtickAll(words []string) string {
	return "`" + strings.Join(words, "`, `") + "`"
}
