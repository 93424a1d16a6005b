//! One of several distributions.

use super::{Distribution, Family, FamilyDescription, Takes};
use crate::random::{Choice, Residual, Sampler};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "mixture",
    words: "One of several distributions, with probability proportional to its weight.",
    takes: Takes::Components(flattened),
};

/// A mixture inside a mixture is one mixture with the products of the weights, whose sum is 1.
fn flattened(components: Vec<(f64, Distribution)>) -> Distribution {
    let total: f64 = components.iter().map(|(weight, _)| weight).sum();
    let flat = components.into_iter().flat_map(|(weight, component)| match component {
        Distribution::Mixture(inner) => {
            inner.into_iter().map(|(part, component)| (weight / total * part, component)).collect()
        }
        other => vec![(weight / total, other)],
    });
    Distribution::Mixture(flat.collect())
}

/// Weights, not all of them 0, with what they are of.
pub struct Mixture<'c>(pub &'c [(f64, Distribution)]);

impl Mixture<'_> {
    /// The sum of the weights.
    fn total(&self) -> f64 {
        self.0.iter().map(|(weight, _)| weight).sum()
    }

    /// The components that are ever drawn.
    fn weighted(&self) -> impl Iterator<Item = (f64, &Distribution)> {
        self.0.iter().filter(|(weight, _)| *weight > 0.0).map(|(weight, component)| (*weight, component))
    }
}

impl Family for Mixture<'_> {
    fn mean(&self) -> f64 {
        let total = self.total();
        let parts = self.weighted().map(|(weight, component)| match component.mean() {
            mean if mean.is_infinite() => mean, // also where its share of the weights rounds to 0
            mean => weight / total * mean,
        });
        parts.sum()
    }

    fn sampler(&self) -> Sampler {
        let samplers = self.0.iter().map(|(weight, component)| (*weight, Sampler::from(component)));
        Sampler::mixture(Choice::new(samplers))
    }

    /// An instant falls into a component's interval in proportion to the time that these make up.
    fn residual(&self) -> Residual {
        let total = self.total();
        let times = self.weighted().map(|(weight, component)| (weight / total * component.mean(), component));
        let residuals = times.filter(|(time, _)| *time > 0.0);
        Residual::mixture(Choice::new(residuals.map(|(time, component)| (time, Residual::from(component)))))
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        let total = self.total();
        let part = |(weight, part): &(f64, Distribution)| {
            // Decimal fractions have tails in binary.
            let percent = (weight / total * 1e8).round() / 1e6;
            format!("{percent} % {}", part.words(show))
        };
        self.0.iter().map(part).collect::<Vec<_>>().join("; ")
    }
}
