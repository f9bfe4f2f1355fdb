//! The builder of a converter.

use super::{Case, Converter, FilterForm, Mapping, Options, Style, Target};
use sigmalert_elastalert::Profile;
use sigmalert_query::lang::Limits;
use sigmalert_sigma::Placeholders;

/// Builds a [`Converter`]. [`Converter::builder`] starts one.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConverterBuilder {
    mapping: Mapping,
    options: Options,
}

impl ConverterBuilder {
    pub(super) fn new(mapping: Mapping) -> Self {
        Self { mapping, options: Options::default() }
    }

    /// Sets the output format. The default is ElastAlert 2 rule files.
    pub fn target(mut self, target: Target) -> Self {
        self.options.target = target;
        self
    }

    /// Sets how case-insensitive comparisons are evaluated on case-sensitive fields.
    pub fn case(mut self, case: Case) -> Self {
        self.options.case = case;
        self
    }

    /// Sets the form of the filter in rule files.
    pub fn filter(mut self, filter: FilterForm) -> Self {
        self.options.filter = filter;
        self
    }

    /// Overrides the index pattern of the mapping.
    pub fn index(mut self, index: impl Into<String>) -> Self {
        self.options.index = Some(index.into());
        self
    }

    /// Rejects conversions that are not exact.
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// Rejects rules that only sigmalert can run.
    pub fn portable(mut self, portable: bool) -> Self {
        self.options.portable = portable;
        self
    }

    /// Sets the values of placeholders.
    pub fn placeholders(mut self, placeholders: Placeholders) -> Self {
        self.options.placeholders = placeholders;
        self
    }

    /// Sets the program that rule files are written for.
    pub fn style(mut self, style: Style) -> Self {
        self.options.style = style;
        self
    }

    /// Sets the alert options of rule files.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.options.profile = profile;
        self
    }

    /// Sets the limits of the index that queries must stay within.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Builds the converter.
    pub fn build(self) -> Converter {
        Converter::new(self.mapping, self.options)
    }
}
