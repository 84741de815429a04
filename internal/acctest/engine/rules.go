// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// Rules are what this engine proposes to providers and refuses from them, for
// objects of one schema. tools/yardstick compares them with those of an engine.
type Rules struct {
	schema *schema
}

// RulesFor returns the rules for objects of a schema without blocks.
func RulesFor(declared *tfprotov6.Schema) (Rules, error) {
	s, err := newSchema(declared)
	return Rules{schema: s}, err
}

// ProposedNew is the state that is proposed for a configuration. With an unknown
// prior value it is what is planned for a data source.
func (r Rules) ProposedNew(prior, config cty.Value) cty.Value {
	return r.schema.proposedNew(prior, config)
}

// PlanProblems are the reasons for which a planned state is refused.
func (r Rules) PlanProblems(prior, config, planned cty.Value) []string {
	var problems []string
	for _, p := range r.schema.planProblems(prior, config, planned) {
		problems = append(problems, p.String())
	}
	return problems
}
