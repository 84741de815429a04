// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// module is one that something is taken from.
type module struct {
	path, version, folder string
	// inProgram says that releases contain some of it; else only tests do.
	inProgram bool
	// reason is why a direct requirement is there; empty for others.
	reason string
	// licence is its SPDX identifier, texts the files that hold it.
	licence string
	texts   []string
}

// The systems that releases are built for: each may want modules of its own.
var systems = []string{"linux", "darwin", "windows", "freebsd"}

// modulesOf returns the modules that packages come from, of the program and of
// all tests, without those that only stand in the module graph.
func modulesOf(root string) ([]*module, error) {
	reasons, err := reasonsIn(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	found := make(map[string]*module)
	for _, system := range systems {
		for _, of := range []struct {
			inProgram bool
			arguments []string
		}{{true, []string{"."}}, {false, []string{"-test", "./..."}}} {
			listed, err := list(root, system, of.arguments...)
			if err != nil {
				return nil, err
			}
			for _, one := range listed {
				if found[one.path] == nil {
					one.reason = reasons[one.path]
					found[one.path] = one
				}
				found[one.path].inProgram = found[one.path].inProgram || of.inProgram
			}
		}
	}
	modules := make([]*module, 0, len(found))
	for _, one := range found {
		modules = append(modules, one)
	}
	slices.SortFunc(modules, func(a, b *module) int { return strings.Compare(a.path, b.path) })
	return modules, nil
}

// reasonsIn reads why each direct requirement is there: the remark behind it.
func reasonsIn(name string) (map[string]string, error) {
	content, err := os.ReadFile(name) //nolint:gosec // the recipe names it
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse(name, content, nil)
	if err != nil {
		return nil, err
	}
	reasons := make(map[string]string)
	var without []string
	for _, required := range file.Require {
		if required.Indirect {
			continue
		}
		for _, comment := range required.Syntax.Suffix {
			reasons[required.Mod.Path] = strings.TrimSpace(strings.TrimPrefix(comment.Token, "//"))
		}
		if reasons[required.Mod.Path] == "" {
			without = append(without, required.Mod.Path)
		}
	}
	if len(without) > 0 {
		return nil, fmt.Errorf("%s does not say why these are required, in a remark behind each: %s", name, strings.Join(without, ", "))
	}
	return reasons, nil
}

func list(root, system string, arguments ...string) ([]*module, error) {
	command := exec.Command("go", append([]string{"list", "-deps", "-json=Module"}, arguments...)...) //nolint:gosec,noctx // nothing in it comes from outside
	command.Dir = root
	command.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for %s: %w", system, err)
	}
	var modules []*module
	decoder := json.NewDecoder(bytes.NewReader(output))
	for {
		var listed struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return modules, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", system, err)
		}
		// The standard library is in no module.
		if listed.Module != nil && !listed.Module.Main {
			modules = append(modules, &module{path: listed.Module.Path, version: listed.Module.Version, folder: listed.Module.Dir})
		}
	}
}
