#!/usr/bin/env python3
"""Refresh connectors/ckan/registry/registry.json from the schemas of the test portal.

  python registry_data.py ../../../connectors/ckan/registry/registry.json          rewrite it
  python registry_data.py --check ../../../connectors/ckan/registry/registry.json  exit 1 if it is out of date

Field names, required marks and values come from plugin/portal_like/schemas; the labels in the JSON
file are kept (they are ours, written by hand there). Needs PyYAML (the stack's environment has it).
"""
import json
import os
import sys

import yaml

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'plugin', 'portal_like')
# set by the portal or by CKAN, or kept apart by rideau: not part of a record
NOT_OURS = {'id', 'name', 'org_title_at_publication', 'portal_release_date', 'ready_to_publish', 'url', 'size'}


def kind_of(field):
    text = field.get('validators', '')
    if 'repeating_subfields' in field:
        return 'group'
    if 'fluent_tags' in text:
        return 'keywords'
    if 'fluent_text' in text:
        return 'bilingual'
    if 'portal_languages' in text:
        return 'languages'
    if 'scheming_multiple_choice' in text:
        return 'choices'
    if 'scheming_choices' in text:
        return 'choice'
    if 'owner_org_validator' in text:
        return 'organization'
    if 'portal_licence' in text:
        return 'choice'
    if 'portal_not_future' in text:
        return 'past_day'
    if 'portal_day' in text:
        return 'day'
    if 'portal_email' in text:
        return 'email'
    if 'portal_geojson' in text:
        return 'geojson'
    return 'text'


def main():
    check = sys.argv[1] == '--check'
    path = sys.argv[-1]
    with open(path) as f:
        text = f.read()
    old = json.loads(text)
    labels = {(name, c['value']): c for name, values in old.get('lists', {}).items() for c in values}
    field_labels = old.get('labels', {})
    load = lambda name: yaml.safe_load(open(os.path.join(HERE, 'schemas', name + '.yaml')))
    presets = {p['preset_name']: p['values'] for p in load('presets')['presets']}
    with open(os.path.join(HERE, 'licenses.json')) as f:
        licences = [{'value': one['id']} for one in json.load(f)]
    lists, used = {}, set()

    def resolve(field):
        whole = dict(presets.get(field.get('preset'), {}))
        whole.update(field)
        return whole

    def describe(fields):
        out = []
        for field in map(resolve, fields):
            name = field['field_name']
            if name in NOT_OURS:
                continue
            used.add(name)
            one = {'name': name, 'kind': kind_of(field)}
            if field.get('required'):
                one['required'] = True
            values = licences if name == 'license_id' else field.get('choices')
            if values:
                key = {'p_region': 'region'}.get(field.get('preset'), name)
                if key in lists and [v['value'] for v in lists[key]] != [v['value'] for v in values]:
                    key = 'resource_' + key
                lists[key] = [labels.get((key, v['value']), {'value': v['value']}) for v in values]
                one['list'] = key
            if one['kind'] == 'group':
                one['fields'] = describe(field['repeating_subfields'])
            out.append(one)
        return out

    types, resource, resource_fields = {}, [], {}
    for name in ('dataset', 'info'):
        schema = load(name)
        types[name] = {'alternates': schema.get('alternate_languages', {}),
                       'fields': describe(schema['dataset_fields'])}
        resource_fields[name] = describe(schema['resource_fields'])
    # one list for both types; a field that one type lacks says where it is known
    for name, fields in resource_fields.items():
        for field in fields:
            if field['name'] in (f['name'] for f in resource):
                continue
            only = [t for t, fs in resource_fields.items() if field['name'] in (f['name'] for f in fs)]
            resource.append(field if len(only) == len(types) else dict(field, only=only))
    new = {'about': 'The registry’s fields and values, with our labels. Values: registry_data.py; labels: by hand, here.',
           'labels': {name: field_labels.get(name, {'en': name, 'fr': name}) for name in sorted(used)},
           'types': types, 'resource': resource, 'lists': lists}
    # one line for each entry, so that changes can be read
    lines = ['{', ' "about": %s,' % json.dumps(new['about'], ensure_ascii=False), ' "labels": {']
    dump = lambda v: json.dumps(v, ensure_ascii=False)
    lines += [',\n'.join('  %s: %s' % (dump(k), dump(v)) for k, v in new['labels'].items()), ' },', ' "types": {']
    lines.append(',\n'.join('  %s: {"alternates": %s, "fields": [\n%s\n  ]}' % (
        dump(k), dump(v['alternates']), ',\n'.join('   ' + dump(f) for f in v['fields'])) for k, v in types.items()))
    lines += [' },', ' "resource": [', ',\n'.join('  ' + dump(f) for f in resource), ' ],', ' "lists": {']
    lines.append(',\n'.join('  %s: [\n%s\n  ]' % (dump(k), ',\n'.join('   ' + dump(c) for c in v))
                            for k, v in lists.items()))
    lines += [' }', '}', '']
    result = '\n'.join(lines)
    json.loads(result)
    if check:
        if result != text:
            sys.exit('%s is out of date: run registry_data.py' % path)
        return
    with open(path, 'w') as f:
        f.write(result)


if __name__ == '__main__':
    main()
