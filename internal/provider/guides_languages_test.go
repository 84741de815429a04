// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"go.yaml.in/yaml/v3"
)

// Blocks of other languages can't be run here, but what readers copy has at least to
// be of the language that it claims to be.
func TestGuides_otherLanguagesAreParsed(t *testing.T) {
	t.Parallel()

	parse := map[string]func(content string) error{
		"json": func(content string) error {
			var document any
			return json.Unmarshal([]byte(content), &document)
		},
		"yaml":      parseYAML,
		"hcl":       parseTerragrunt,
		"html":      parseHTML,
		"terraform": nil, // the tests of guides run these
		"shell":     nil,
	}
	seen := make(map[string]int)
	for guide, content := range guides(t) {
		for _, found := range fence.FindAllStringSubmatchIndex(content, -1) {
			language, text := content[found[2]:found[3]], content[found[4]:found[5]]
			name := fmt.Sprintf("%s:%d", guide, strings.Count(content[:found[0]], "\n")+1)
			seen[language]++
			parses, known := parse[language]
			if !known {
				t.Errorf("%s: no test knows blocks of %q", name, language)
			}
			if parses == nil {
				continue
			}
			if err := parses(text); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, language := range []string{"yaml", "hcl", "html"} {
		if seen[language] == 0 {
			t.Errorf("no guide has a block of %s: is this test looking at all?", language)
		}
	}
}

// parseYAML wants one document with keys, none of them twice.
func parseYAML(content string) error {
	var document map[string]any
	if err := yaml.Unmarshal([]byte(content), &document); err != nil {
		return err
	}
	if len(document) == 0 {
		return fmt.Errorf("there is nothing in it")
	}
	if strings.Contains(content, "\t") {
		return fmt.Errorf("there is a tab in it")
	}
	return nil
}

// parseHTML wants each element closed, and each attribute in quotation marks, as JSX
// does. What templates write in braces is text.
func parseHTML(content string) error {
	decoder := xml.NewDecoder(strings.NewReader("<page>" + content + "</page>"))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func parseTerragrunt(content string) error {
	_, diags := hclsyntax.ParseConfig([]byte(content), "terragrunt.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return diags
	}
	if string(hclwrite.Format([]byte(content))) != content {
		return fmt.Errorf("it is not formatted")
	}
	return nil
}

// What Terragrunt hands to a module are variables of the configuration above it,
// which is planned by the tests of guides.
func TestGuides_terragruntHandsOverVariables(t *testing.T) {
	t.Parallel()

	const guide = "pipelines.md"
	content := guides(t)[guide]
	handed := 0
	for _, at := range fence.FindAllStringSubmatchIndex(content, -1) {
		if content[at[2]:at[3]] != "hcl" {
			continue
		}
		above := guideBlocks(t, guide, content[:at[0]])
		variables := variablesOf(t, above[len(above)-1])
		inputs := parsed(t, guide, content[at[4]:at[5]]).Attributes["inputs"]
		if inputs == nil {
			t.Fatalf("%s: a block of hcl has no inputs", guide)
		}
		object, ok := inputs.Expr.(*hclsyntax.ObjectConsExpr)
		if !ok {
			t.Fatalf("%s: inputs are %T", guide, inputs.Expr)
		}
		for _, item := range object.Items {
			name := hcl.ExprAsKeyword(item.KeyExpr)
			if !slices.Contains(variables, name) {
				t.Errorf("%s: the input %q is no variable of the configuration above, which has %v", guide, name, variables)
			}
			handed++
		}
	}
	if handed == 0 {
		t.Error("nothing is handed over")
	}
}

func variablesOf(t *testing.T, block guideBlock) []string {
	t.Helper()

	var names []string
	for _, outermost := range parsed(t, block.name, block.text).Blocks {
		if outermost.Type == "variable" {
			names = append(names, outermost.Labels[0])
		}
	}
	return names
}
