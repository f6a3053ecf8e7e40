// The rules of a value that did not come through a decoder: the same checks on every door.
#pragma once

#include <pando/config.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/violation.hpp>

namespace pando::schema {

/// Adds a violation for every rule that the value, or anything in it, breaks.
void check(type const& of, void const* value, violations& faults);

} // namespace pando::schema

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/check.ipp>
#endif
