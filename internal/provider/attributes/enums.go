// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import "github.com/flux2-provider/terraform-provider-flux2/internal/flux2"

// QueuePriorities are the words of queue_priority.
var QueuePriorities = flux2.Enum{Values: []string{"normal", "low"}, Default: "normal"}

// OnMissing are the words of on_missing, of a file.
var OnMissing = flux2.Enum{Values: []string{"restore", "ignore"}, Default: "restore"}

// Fits are the words of fit, of the transform of a file.
var Fits = flux2.Enum{Values: []string{"cover", "contain", "fill"}, Default: "cover"}

// FileFormats are the words of format, of the same. Its default is the picture's own.
var FileFormats = flux2.Enum{Values: []string{"png", "jpeg", "webp", "avif"}}
