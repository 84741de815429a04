// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package walks is what a provider can know of the walks of an engine: nobody
// tells it where one ends, nor which object a call is about.
package walks

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
)

// ConfiguresEach reports whether an engine configures its providers anew
// for each walk. Terraform does from 1.13 on only where it is not testing.
// OpenTofu always does, but tells providers that it is Terraform: 1.12 of it
// says 1.13.0, and nothing else tells the two apart.
func ConfiguresEach(engineVersion string) bool {
	var major, minor int
	read, _ := fmt.Sscanf(engineVersion, "%d.%d", &major, &minor)
	return read == 2 && (major < 1 || major == 1 && minor < 13)
}

// Creations tells two objects that are to be created from one that is planned
// again in a later walk. Engines tell providers neither which object they plan
// nor where a walk ends. But they validate a configuration each time before they
// plan with it: without that in between, it is another object.
type Creations struct {
	// EachWalk says that the provider is configured for one walk only, in which
	// no creation is planned twice.
	EachWalk bool

	mutex sync.Mutex
	calls int
	// validated and planned hold the last call about a configuration, and about
	// what is to be created.
	validated map[configuration]int
	planned   map[string]int
}

// configuration stands for all that a block sets.
type configuration [sha256.Size]byte

func configurationOf(config tfsdk.Config) configuration {
	return sha256.Sum256([]byte(config.Raw.String()))
}

// Validate notes that an engine has validated a configuration.
func (c *Creations) Validate(config tfsdk.Config) {
	if c.EachWalk {
		return
	}
	of := configurationOf(config)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.validated == nil {
		c.validated = make(map[configuration]int)
	}
	c.calls++
	c.validated[of] = c.calls
}

// PlannedTwice notes that something is to be created, and reports whether the
// same was planned in this walk for another object.
func (c *Creations) PlannedTwice(what string, config tfsdk.Config) bool {
	var of configuration
	if !c.EachWalk {
		of = configurationOf(config)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	before, again := c.planned[what]
	validated, known := c.validated[of]
	if c.planned == nil {
		c.planned = make(map[string]int)
	}
	c.calls++
	c.planned[what] = c.calls
	return again && (c.EachWalk || known && validated < before)
}
