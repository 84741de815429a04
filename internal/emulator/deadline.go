// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"net/http"
	"strconv"
	"time"
)

// startDeadline is by when processing must have started, or zero. The newer
// header wins. A value that is out of its documented range counts for nothing.
func startDeadline(sent time.Time, header http.Header) time.Time {
	for _, wish := range []struct {
		name string
		more float64
	}{{"X-Fal-Request-Start-Timeout", 0.1}, {"X-Fal-Request-Timeout", 1}} {
		seconds, err := strconv.ParseFloat(header.Get(wish.name), 64)
		if err == nil && seconds > wish.more && seconds < 1e9 {
			return sent.Add(time.Duration(seconds * float64(time.Second)))
		}
	}
	return time.Time{}
}
