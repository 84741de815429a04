// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The guide is the only place where users learn what a file of faults may hold.
func TestGuideListsWhatAFileOfFaultsMayHold(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../templates/guides/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(content)
	var words []string
	for _, kind := range []reflect.Type{reflect.TypeFor[Fault](), reflect.TypeFor[JobFault](), reflect.TypeFor[History]()} {
		for field := range kind.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			words = append(words, name)
		}
	}
	for _, route := range []Route{
		RouteSubmit, RouteStatus, RouteStream, RouteResult, RouteCancel, RouteRun, RouteModels, RoutePricing, RouteEstimate,
		RouteHistory, RouteBilling, RouteDeletePayloads, RouteKeys, RouteMedia, RouteUnknown,
	} {
		words = append(words, string(route))
	}
	for _, style := range errorStyles {
		words = append(words, string(style))
	}
	for _, mode := range logModes {
		words = append(words, string(mode))
	}
	for _, known := range modelErrors {
		words = append(words, known.kind)
	}
	words = append(words, string(PageChallenge), string(PageForbidden))
	for _, word := range words {
		if !strings.Contains(guide, "`"+word+"`") {
			t.Errorf("the guide doesn't explain %s", word)
		}
	}

	lists := regexp.MustCompile("(?ms)^```json\n(.*?)^```$").FindAllStringSubmatch(guide, -1)
	entries := regexp.MustCompile("`(\\{\"[a-z_]+\": [^`]*\\})`").FindAllStringSubmatch(guide, -1)
	if len(lists) != 1 || len(entries) < 30 {
		t.Errorf("found %d lists and %d entries", len(lists), len(entries))
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry[1], `{"detail": `) {
			continue // an answer
		}
		entry[1] = "[" + entry[1] + "]"
		lists = append(lists, entry)
	}
	for _, list := range lists {
		if _, err := ReadFaults(strings.NewReader(list[1])); err != nil {
			t.Errorf("%s: %v", list[1], err)
		}
	}
}
