// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What CONTRIBUTING.md names is there: each test, by its name or by what the names of
// a family begin with, and each file and folder.
func TestContributing_namesWhatThereIs(t *testing.T) {
	t.Parallel()

	tests := testsBelow(t, "main_test.go", "internal", "tools")
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	test := regexp.MustCompile(`^(Test|Fuzz|Benchmark)\w*$`)
	room := regexp.MustCompile(`^(images|files|account|attributes|requests|store)/[\w/]+\.go$`)
	place := regexp.MustCompile(`^(internal|tools|templates|examples|\.github)/[\w/.-]*$`)
	checked := 0
	for _, named := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1) {
		name := named[1]
		switch {
		case test.MatchString(name):
			checked++
			if !tests[name] {
				t.Errorf("there is no test %s", name)
			}
		case room.MatchString(name):
			checked++
			if !exists("internal/"+name) && !exists("internal/provider/"+name) {
				t.Errorf("there is no file %s", name)
			}
		case place.MatchString(name):
			checked++
			if !exists(name) {
				t.Errorf("there is no %s", name)
			}
		}
	}
	if checked < 50 {
		t.Errorf("CONTRIBUTING.md names only %d tests and files", checked)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// testsBelow are the names of all tests in files and folders, and what they have in
// common before a low line.
func testsBelow(t *testing.T, roots ...string) map[string]bool {
	t.Helper()

	function := regexp.MustCompile(`(?m)^func (?:\([^)]*\) )?((?:Test|Fuzz|Benchmark)\w*)\(`)
	found := make(map[string]bool)
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "node_modules":
				return filepath.SkipDir
			case entry.IsDir() || filepath.Ext(path) != ".go":
				return nil
			}
			content, err := os.ReadFile(path) //nolint:gosec // the project's own code
			for _, match := range function.FindAllStringSubmatch(string(content), -1) {
				family, _, _ := strings.Cut(match[1], "_")
				found[match[1]], found[family] = true, true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
