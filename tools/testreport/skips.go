// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"path"
	"strings"
)

// skip is a test that may be skipped on some engines, and why.
type skip struct {
	engine, test, reason string
}

// parseSkips reads lines of engine, test and reason, separated by bars. Engine
// and test are patterns of path.Match; a test covers the tests below it.
func parseSkips(text string) ([]skip, error) {
	var skips []skip
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.SplitN(line, "|", 3)
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if len(fields) != 3 || fields[0] == "" || fields[1] == "" || fields[2] == "" {
			return nil, fmt.Errorf("skips.txt:%d: want ENGINE | TEST | REASON", number+1)
		}
		for _, pattern := range fields[:2] {
			if _, err := path.Match(pattern, ""); err != nil {
				return nil, fmt.Errorf("skips.txt:%d: %q: %w", number+1, pattern, err)
			}
		}
		skips = append(skips, skip{fields[0], fields[1], fields[2]})
	}
	return skips, nil
}

func (s skip) covers(engine, test string) bool {
	onEngine, _ := path.Match(s.engine, engine)
	names := strings.Split(test, "/")
	names = names[:min(len(names), strings.Count(s.test, "/")+1)]
	ofTest, _ := path.Match(s.test, strings.Join(names, "/"))
	return onEngine && ofTest
}
