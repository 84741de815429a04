// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// feature is something that not every engine has.
type feature struct {
	name string
	// used finds it in a configuration.
	used *regexp.Regexp
	// terraform and opentofu are the versions that brought it; empty is none yet.
	terraform, opentofu string
	// instead is the test that does without an engine; empty is none.
	instead string
}

var (
	ephemeralVariables = feature{
		name: "ephemeral variables", used: regexp.MustCompile(`(?m)^\s*ephemeral\s*=\s*true`),
		terraform: "1.10.0", opentofu: "1.11.0",
	}
	importByIdentityBlocks = feature{
		name: "import by identity", used: regexp.MustCompile(`identity = \{`),
		terraform: "1.12.0", opentofu: "1.12.0", instead: "TestExamples_importByIdentity",
	}
	actionBlocks = feature{
		name: "actions", used: regexp.MustCompile(`(?m)^action "`),
		terraform: "1.14.0", instead: "TestExamples_actions",
	}
)

// skipWithout skips a test of a configuration that the engine can't read.
// tools/testreport fails unless its list has the test, with a reason.
func skipWithout(t *testing.T, config string) {
	t.Helper()

	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("acceptance tests run only with %s set", resource.EnvTfAcc)
	}
	name, have := theEngine()
	for _, needed := range []feature{ephemeralVariables, importByIdentityBlocks, actionBlocks} {
		if !needed.used.MatchString(config) {
			continue
		}
		since := map[string]string{"Terraform": needed.terraform, "OpenTofu": needed.opentofu}[name]
		if since != "" && have.Core().GreaterThanOrEqual(version.Must(version.NewVersion(since))) {
			continue
		}
		if needed.instead != "" {
			t.Skipf("%s %s has no %s; %s speaks to the provider itself", name, have, needed.name, needed.instead)
		}
		t.Skipf("%s %s has no %s", name, have, needed.name)
	}
}

// theEngine asks the engine that the tests run on for its name and version, once.
var theEngine = sync.OnceValues(func() (string, *version.Version) {
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if program == "" {
		program = "terraform"
	}
	output, err := exec.Command(program, "version").Output() //nolint:gosec,noctx // the engine under test
	if err != nil {
		panic(err)
	}
	said := regexp.MustCompile(`(Terraform|OpenTofu) v(\S+)`).FindSubmatch(output)
	if said == nil {
		panic(program + " does not tell its version")
	}
	return string(said[1]), version.Must(version.NewVersion(string(said[2])))
})
