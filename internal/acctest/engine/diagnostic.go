// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// Diagnostic is an error or a warning, of a provider or of the engine.
type Diagnostic struct {
	Warning         bool
	Summary, Detail string
	// Address is the resource instance that it is about, empty for none.
	Address string
	// Attribute is the path of the attribute, as in ".custom_image_size.width".
	Attribute string
	// Source is the place in the configuration, as engines print it: the line
	// of the file and its text. It is empty where there is none.
	Source string
}

// String is the diagnostic as engines print it.
func (d Diagnostic) String() string {
	kind := "Error"
	if d.Warning {
		kind = "Warning"
	}
	text := kind + ": " + d.Summary + "\n"
	if d.Address != "" {
		text += "\n  with " + d.Address + ",\n"
	}
	if d.Source != "" {
		text += d.Source
	}
	return text + "\n" + d.Detail + "\n"
}

// Diagnostics are all that an operation has to say.
type Diagnostics []Diagnostic

// Warnings are those that don't stop anything.
func (d Diagnostics) Warnings() Diagnostics {
	var warnings Diagnostics
	for _, diagnostic := range d {
		if diagnostic.Warning {
			warnings = append(warnings, diagnostic)
		}
	}
	return warnings
}

// failed reports whether there is an error among them.
func (d Diagnostics) failed() bool {
	return len(d.Warnings()) < len(d)
}

// String is all of them as engines print them.
func (d Diagnostics) String() string {
	texts := make([]string, len(d))
	for i, diagnostic := range d {
		texts[i] = diagnostic.String()
	}
	return strings.Join(texts, "\n")
}

// Err is nil if there are no errors, and has the text of all diagnostics
// otherwise.
func (d Diagnostics) Err() error {
	if !d.failed() {
		return nil
	}
	return fmt.Errorf("%s", d)
}

// fault is an error of the engine's own.
func fault(summary, format string, values ...any) Diagnostics {
	return Diagnostics{{Summary: summary, Detail: fmt.Sprintf(format, values...)}}
}

// broken is a fault of a provider, whose developers are to hear of it.
func broken(summary, format string, values ...any) Diagnostic {
	return Diagnostic{Summary: summary, Detail: fmt.Sprintf(format, values...) +
		"\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."}
}

// of takes an error of a call that should never fail.
func of(err error) Diagnostics {
	if err == nil {
		return nil
	}
	return fault("Plugin error", "The plugin returned an unexpected error: %s", err)
}

// place finds attributes in the source of a configuration.
type place struct {
	address string
	block   *block
	sources map[string][]byte
}

// said takes over what a provider has said about a block.
func (p place) said(said []*tfprotov6.Diagnostic) Diagnostics {
	var diags Diagnostics
	for _, d := range said {
		diagnostic := Diagnostic{
			Warning: d.Severity == tfprotov6.DiagnosticSeverityWarning, Address: p.address, Summary: d.Summary, Detail: d.Detail,
		}
		var at cty.Path
		if d.Attribute != nil {
			at = ctyPath(d.Attribute)
			diagnostic.Attribute = pathText(at)
		}
		diagnostic.Source = p.source(at)
		diags = append(diags, diagnostic)
	}
	return diags
}

// source is the line of an attribute, or of the block where that isn't set.
func (p place) source(at cty.Path) string {
	if p.block == nil {
		return ""
	}
	subject := p.block.declared
	if len(at) > 0 {
		if name, ok := at[0].(cty.GetAttrStep); ok {
			if set, found := p.block.attributes[name.Name]; found {
				subject = set.Expr.Range()
				if len(at) > 1 {
					subject = set.SrcRange
				}
			}
		}
	}
	return sourceText(p.sources, subject, p.block.title)
}

// sourceText is a line of the configuration as engines print it.
func sourceText(sources map[string][]byte, subject hcl.Range, context string) string {
	lines := strings.Split(string(sources[subject.Filename]), "\n")
	if subject.Start.Line < 1 || subject.Start.Line > len(lines) {
		return ""
	}
	in := ""
	if context != "" {
		in = ", in " + context
	}
	text := fmt.Sprintf("  on %s line %d%s:\n", subject.Filename, subject.Start.Line, in)
	for number := subject.Start.Line; number <= min(subject.End.Line, len(lines)); number++ {
		text += fmt.Sprintf("%4d: %s\n", number, lines[number-1])
	}
	return text
}

// read takes over what HCL has said.
func read(sources map[string][]byte, address string, said hcl.Diagnostics) Diagnostics {
	var diags Diagnostics
	for _, d := range said {
		diagnostic := Diagnostic{Warning: d.Severity == hcl.DiagWarning, Address: address, Summary: d.Summary, Detail: d.Detail}
		if d.Subject != nil {
			diagnostic.Source = sourceText(sources, *d.Subject, "")
		}
		diags = append(diags, diagnostic)
	}
	return diags
}
