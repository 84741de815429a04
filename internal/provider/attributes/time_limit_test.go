// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"strings"
	"testing"
	"time"
)

// What a message proposes for timeouts is what timeouts take: they know no days.
func TestTimeLimit_moreTime(t *testing.T) {
	t.Parallel()

	for _, length := range []time.Duration{300 * time.Millisecond, 30 * time.Minute, 12 * time.Hour, 48 * time.Hour} {
		said := TimeLimit{Operation: "create", Length: length}.MoreTime()
		_, proposed, _ := strings.Cut(said, `create = "`)
		proposed, _, _ = strings.Cut(proposed, `"`)
		if got, err := time.ParseDuration(proposed); err != nil || got != 2*length {
			t.Errorf("after %s: %s", length, said)
		}
	}
}
