// The plotting library, which the gateway serves beside the modules of the page.
export { default } from 'uplot'
