//! The features of a repository, and how their memory is given back: the tasks of many are a million small pieces of
//! it, so all cores do it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use rayon::prelude::*;

use super::workspace::Feature;

/// Fewer are given back sooner than other cores are woken up.
const MANY: usize = 16;

/// A list of features.
#[derive(Clone, Default)]
pub struct Features(Vec<Feature>);

impl Drop for Features {
    fn drop(&mut self) {
        if self.0.len() >= MANY {
            std::mem::take(&mut self.0).into_par_iter().for_each(drop);
        }
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Deref for Features {
    type Target = Vec<Feature>;

    fn deref(&self) -> &Vec<Feature> {
        &self.0
    }
}

impl DerefMut for Features {
    fn deref_mut(&mut self) -> &mut Vec<Feature> {
        &mut self.0
    }
}

impl From<Vec<Feature>> for Features {
    fn from(features: Vec<Feature>) -> Self {
        Self(features)
    }
}

impl<'a> IntoIterator for &'a Features {
    type Item = &'a Feature;
    type IntoIter = std::slice::Iter<'a, Feature>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
