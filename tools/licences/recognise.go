// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licenseclassifier/v2/assets"
)

// compatible are the licences, by SPDX identifier, of which parts may go into a
// program under MPL-2.0. The licence of iccjpeg, which is that of the Independent JPEG
// Group, stands in libavif's text for a part that isn't embedded.
var compatible = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LicenseRef-iccjpeg", "MIT", "MPL-2.0", "Unicode-DFS-2016"}

// embedded are the folders of modules that hold WebAssembly, made of programs with
// licences of their own.
var embedded = map[string]string{
	"github.com/gen2brain/avif": "lib",
	"github.com/gen2brain/webp": "lib",
}

// recognise finds the licence of each module. Those that can't be used come back
// in one error.
func recognise(modules []*module) error {
	classifier, err := assets.DefaultClassifier()
	if err != nil {
		return err
	}
	var problems []error
	for _, one := range modules {
		texts, err := licenceTexts(one.folder)
		if err != nil {
			return err
		}
		if folder := embedded[one.path]; folder != "" {
			more, err := licenceTexts(filepath.Join(one.folder, folder))
			if err != nil {
				return err
			}
			texts = append(texts, more...)
		}
		one.texts = texts
		var licences []string
		for _, text := range texts {
			for _, match := range classifier.Match(classifier.Normalize([]byte(text))).Matches {
				if match.MatchType == "License" && !slices.Contains(licences, match.Name) {
					licences = append(licences, match.Name)
				}
			}
		}
		slices.Sort(licences)
		one.licence = strings.Join(licences, " and ")
		if len(licences) == 0 {
			problems = append(problems, fmt.Errorf("%s: no licence was recognised", one.path))
		}
		for _, licence := range licences {
			if !slices.Contains(compatible, licence) {
				problems = append(problems, fmt.Errorf("%s: %s is not on the list of compatible licences", one.path, licence))
			}
		}
	}
	return errors.Join(problems...)
}

// licenceTexts reads the files of a folder that hold licences.
func licenceTexts(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if !entry.Type().IsRegular() || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, entry.Name())) //nolint:gosec // of a module that the build uses
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(content))
	}
	return texts, nil
}
